/**
 * A source file as the tidy rules see it: its text, its syntax tree, its comments and what it imports. Files can be
 * made from text alone, so each rule is tried on small trees that exist only in memory.
 *
 * The parser is the one inside Vite, which is on every machine that can run these tests at all.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join, posix } from "node:path"
import { parseSync } from "vite"

/** A syntax node: ESTree, with TypeScript's nodes in it. */
export interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [field: string]: unknown
}

export interface Comment {
  readonly text: string
  readonly start: number
  readonly end: number
}

/** One mention of another module: `import`, `import type`, `export … from`, `import()`, `import("…").Type`, `require()`. */
export interface Import {
  readonly specifier: string
  /** For a relative specifier the path from the repository's root, otherwise `undefined`. */
  readonly target: string | undefined
  readonly line: number
  readonly typeOnly: boolean
  readonly reexport: "named" | "all" | undefined
}

export interface SourceFile {
  /** From the repository's root, with forward slashes. */
  readonly path: string
  readonly text: string
  readonly program: Node
  readonly comments: readonly Comment[]
  readonly imports: readonly Import[]
}

/** Something that a rule forbids. */
export interface Problem {
  readonly path: string
  readonly line: number
  /** What was found, and what to do about it. */
  readonly message: string
}

export function showProblem({ path, line, message }: Problem): string {
  return `${path}:${line}: ${message}`
}

export function sourceFile(path: string, text: string): SourceFile {
  const { program, comments, errors } = parseSync(path, text)
  const [error] = errors
  if (error) throw new Error(`${path}:${lineAt(text, error.labels[0]?.start ?? 0)}: cannot be parsed: ${error.message}`)
  const root = asNode(program)
  if (!root) throw new Error(`${path}: the parser returned no syntax tree`)
  return {
    path,
    text,
    program: root,
    comments: comments.map(({ value, start, end }) => ({ text: value, start, end })),
    imports: importsOf(path, text, root),
  }
}

/** Every TypeScript file under the folders named, from the disk, sorted by path. */
export function readSources(root: string, folders: readonly string[]): SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => posix.join(folder, name.replaceAll("\\", "/")))
      .sort()
      .map((path) => sourceFile(path, readFileSync(join(root, path), "utf8"))),
  )
}

/** A tree in memory: path → text. */
export function sourceTree(files: Readonly<Record<string, string>>): SourceFile[] {
  return Object.entries(files).map(([path, text]) => sourceFile(path, text))
}

export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length
}

/** The node and everything below it, parents first, each with its parent. */
export function* walk(
  node: Node,
  parent?: Node,
): Generator<{ readonly node: Node; readonly parent: Node | undefined }> {
  yield { node, parent }
  for (const value of Object.values(node)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      const child = asNode(item)
      if (child) yield* walk(child, node)
    }
  }
}

export function asNode(value: unknown): Node | undefined {
  return isNode(value) ? value : undefined
}

/** The value of a string literal, or of a template without holes. */
export function stringValue(value: unknown): string | undefined {
  const node = asNode(value)
  if (node?.type === "Literal" && typeof node.value === "string") return node.value
  if (node?.type !== "TemplateLiteral" || !Array.isArray(node.quasis) || node.quasis.length !== 1) return undefined
  const cooked: unknown = node.quasis[0]?.value?.cooked
  return typeof cooked === "string" ? cooked : undefined
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && "start" in value && "end" in value
}

function importsOf(path: string, text: string, program: Node): Import[] {
  const found: Import[] = []
  for (const { node } of walk(program)) {
    const specifier = stringValue(importedBy(node))
    if (specifier === undefined) continue
    const target = specifier.startsWith(".") ? posix.join(posix.dirname(path), specifier) : undefined
    found.push({
      specifier,
      target,
      line: lineAt(text, node.start),
      typeOnly: node.type === "TSImportType" || node.importKind === "type" || node.exportKind === "type",
      reexport: reexportOf(node),
    })
  }
  return found
}

function importedBy(node: Node): unknown {
  switch (node.type) {
    case "ImportDeclaration":
    case "ExportNamedDeclaration":
    case "ExportAllDeclaration":
    case "ImportExpression":
    case "TSImportType":
      return node.source
    case "TSExternalModuleReference":
      return node.expression
    case "CallExpression":
      return asNode(node.callee)?.name === "require" && Array.isArray(node.arguments) ? node.arguments[0] : undefined
    default:
      return undefined
  }
}

function reexportOf(node: Node): Import["reexport"] {
  if (node.type === "ExportAllDeclaration") return "all"
  return node.type === "ExportNamedDeclaration" ? "named" : undefined
}
