/**
 * The shape of one file: how long it and its functions may be, that it opens by saying what it owns, that the type
 * checker is not talked round, and that re-exports stand only at the doors.
 */
import { asNode, lineAt, type Node, type Problem, type SourceFile, walk } from "./source-file.ts"

export const MAX_FILE_LINES = 300
export const MAX_FUNCTION_LINES = 60

const FUNCTIONS = ["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"]

/** Folders that are open sets: one contract, one member per file, and an `index.ts` that lists the members. */
export const STAR_FOLDERS = ["src/steps", "src/routing/rules", "src/gateway/detectors", "src/providers", "src/api"]

/** The files that may pass on what other files export. */
const DOORS = [
  "src/index.ts",
  "src/public.ts",
  "src/testing/index.ts",
  ...STAR_FOLDERS.map((folder) => `${folder}/index.ts`),
]

export function sizeProblems(files: readonly SourceFile[]): Problem[] {
  return files.flatMap((file) => [...fileSize(file), ...functionSizes(file)])
}

function fileSize({ path, text }: SourceFile): Problem[] {
  const lines = text.replace(/\n$/, "").split("\n").length
  if (lines <= MAX_FILE_LINES) return []
  return [
    {
      path,
      line: MAX_FILE_LINES + 1,
      message: `the file has ${lines} lines, at most ${MAX_FILE_LINES} are allowed. A concept in it wants a file of its own.`,
    },
  ]
}

function functionSizes({ path, text, program }: SourceFile): Problem[] {
  const problems: Problem[] = []
  for (const { node, parent } of walk(program)) {
    if (!FUNCTIONS.includes(node.type) || isDescribeBlock(node, parent)) continue
    const line = lineAt(text, node.start)
    const lines = lineAt(text, node.end) - line + 1
    if (lines <= MAX_FUNCTION_LINES) continue
    const name = functionName(node, parent)
    const message = `${name} has ${lines} lines, at most ${MAX_FUNCTION_LINES} are allowed. Give a part of it a name and a function.`
    problems.push({ path, line, message })
  }
  return problems
}

/**
 * The body of `describe(…)`, or of a contract suite such as `describeEventStore(…)`, is a table of contents and not a
 * function that somebody must hold in mind.
 */
function isDescribeBlock(node: Node, parent: Node | undefined): boolean {
  if (/^describe[A-Z]/.test(String(asNode(node.id)?.name))) return true
  if (parent?.type !== "CallExpression") return false
  let callee = asNode(parent.callee)
  while (callee?.type === "MemberExpression" || callee?.type === "CallExpression") {
    callee = asNode(callee.type === "MemberExpression" ? callee.object : callee.callee)
  }
  return callee?.name === "describe"
}

function functionName(node: Node, parent: Node | undefined): string {
  const named = asNode(node.id) ?? asNode(parent?.id) ?? asNode(parent?.key)
  return typeof named?.name === "string" ? `the function "${named.name}"` : "this function"
}

/** Every file in `src/` opens with a comment about the whole file, set apart from the doc comment of what follows. */
export function headerProblems(files: readonly SourceFile[]): Problem[] {
  return files
    .filter(({ path }) => path.startsWith("src/"))
    .filter((file) => !hasHeader(file))
    .map(({ path }) => ({
      path,
      line: 1,
      message:
        "the file does not open by saying what it owns. Begin it with a comment, followed by the imports or an empty line.",
    }))
}

function hasHeader({ text, comments, program }: SourceFile): boolean {
  const start = text.startsWith("#!") ? text.indexOf("\n") + 1 : 0
  const header = comments.find((comment) => comment.start >= start)
  if (!header || text.slice(start, header.start).trim() !== "") return false
  const [first] = Array.isArray(program.body) ? program.body.map(asNode) : []
  const after = text.slice(header.end)
  return asNode(first?.source) !== undefined || /^[ \t]*\n[ \t]*\n/.test(after)
}

/** `any` and the comments that switch a check off. */
export function escapeProblems(files: readonly SourceFile[]): Problem[] {
  return files.flatMap(({ path, text, program, comments }) => {
    const anys = [...walk(program)].filter(({ node }) => node.type === "TSAnyKeyword")
    const switches = comments.filter((comment) => forbiddenSwitch(path, comment.text))
    return [
      ...anys.map(({ node }) => ({
        path,
        line: lineAt(text, node.start),
        message: "uses `any`. Write `unknown` and narrow it.",
      })),
      ...switches.map((comment) => ({
        path,
        line: lineAt(text, comment.start),
        message: `switches the type checker off (${comment.text.trim().split(/\s/)[0]}). Mend the type; only tests may expect an error.`,
      })),
    ]
  })
}

function forbiddenSwitch(path: string, comment: string): boolean {
  const word = comment.trim().split(/\s/)[0]
  return word === "@ts-ignore" || word === "@ts-nocheck" || (word === "@ts-expect-error" && !path.startsWith("test/"))
}

/** Re-exports stand only at the doors, and nowhere as `export *`: a name has one home. */
export function barrelProblems(files: readonly SourceFile[]): Problem[] {
  return files
    .filter(({ path }) => path.startsWith("src/"))
    .flatMap(({ path, imports }) => {
      const isDoor = DOORS.includes(path)
      return imports
        .filter(({ reexport }) => reexport === "all" || (reexport === "named" && !isDoor))
        .map(({ specifier, line, reexport }) => ({
          path,
          line,
          message:
            reexport === "all"
              ? `exports everything of ${specifier}. List the names.`
              : `passes on ${specifier}. Let the readers import it themselves; only ${DOORS.join(", ")} re-export.`,
        }))
    })
}
