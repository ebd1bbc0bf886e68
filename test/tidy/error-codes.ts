/** The table of error codes and the code that throws them agree: none is thrown that is not there, none is there in vain. */
import { asNode, lineAt, type Node, type Problem, type SourceFile, stringValue, walk } from "./source-file.ts"

export const ERROR_TABLE = "src/lib/error-codes.ts"

export function errorCodeProblems(files: readonly SourceFile[]): Problem[] {
  const table = files.find(({ path }) => path === ERROR_TABLE)
  if (!table)
    return [{ path: ERROR_TABLE, line: 1, message: "is missing. Every error that can be raised is listed there." }]
  const known = codesOf(table)
  const others = files.filter(({ path }) => path !== ERROR_TABLE && /^(src|workflows)\//.test(path))
  const mentioned = new Set(others.flatMap(strings))
  const dead = [...known]
    .filter(([code]) => !mentioned.has(code))
    .map(([code, line]) => ({
      path: ERROR_TABLE,
      line,
      message: `nothing raises "${code}". Raise it, or delete the entry.`,
    }))
  return [...dead, ...others.flatMap((file) => unknownCodes(file, new Set(known.keys())))]
}

/** Code → line, from the one object literal that `ERROR_CODES` is. */
function codesOf(table: SourceFile): Map<string, number> {
  const codes = new Map<string, number>()
  for (const { node } of walk(table.program)) {
    if (node.type !== "VariableDeclarator" || asNode(node.id)?.name !== "ERROR_CODES") continue
    for (const entry of properties(node.init)) {
      const key = asNode(entry.key)
      const code = typeof key?.name === "string" ? key.name : stringValue(key)
      if (code !== undefined) codes.set(code, lineAt(table.text, entry.start))
    }
  }
  return codes
}

/** The entries of an object literal, looked for under `as const` and `satisfies`. */
function properties(value: unknown): Node[] {
  const node = asNode(value)
  if (!node) return []
  if (node.type !== "ObjectExpression") return properties(node.expression)
  return Array.isArray(node.properties) ? node.properties.flatMap((item: unknown) => asNode(item) ?? []) : []
}

function strings({ program }: SourceFile): string[] {
  return [...walk(program)].flatMap(({ node }) => stringValue(node) ?? [])
}

/** Codes written out in `new WaybillError("…")` that the table does not have. */
function unknownCodes({ path, text, program }: SourceFile, known: ReadonlySet<string>): Problem[] {
  return [...walk(program)].flatMap(({ node }) => {
    if (node.type !== "NewExpression" || asNode(node.callee)?.name !== "WaybillError") return []
    const code = Array.isArray(node.arguments) ? stringValue(node.arguments[0]) : undefined
    if (code === undefined || known.has(code)) return []
    return [
      {
        path,
        line: lineAt(text, node.start),
        message: `raises "${code}", which is not in ${ERROR_TABLE}. Add it with status and remedy.`,
      },
    ]
  })
}
