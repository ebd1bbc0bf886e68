/**
 * Reads what the documents claim, so that tests can hold them to it: the `ts` fences and the repository paths in
 * Markdown files and in the comments of source files, each with the line at which it stands.
 */
import { lineAt, type SourceFile } from "../tidy/source-file.ts"

/** Text that people read: a Markdown file, or one comment of a source file. */
export interface Document {
  readonly path: string
  /** The line of `path` on which `text` begins, 1-based. */
  readonly line: number
  readonly text: string
}

/** A claim found in a document, with the line of the file at which it stands. */
export interface Claim {
  readonly path: string
  readonly line: number
  readonly text: string
}

/** A code example. */
export interface Fence extends Claim {
  /** The path at which the code would stand, when the fence names one: "```ts src/steps/translate.ts". */
  readonly standsAt?: string
}

export function commentsAsDocuments(file: SourceFile): Document[] {
  return file.comments.map((comment) => ({
    path: file.path,
    line: lineAt(file.text, comment.start),
    text: comment.text.replace(/^[ \t]*\*[ \t]?/gm, ""),
  }))
}

/** The code in fences marked `ts`, each on its own; the line is that of its first line of code. */
export function fences({ path, line, text }: Document): Fence[] {
  const found: Fence[] = []
  let open: { readonly line: number; readonly mark: string; readonly info: string; readonly code: string[] } | undefined
  for (const [index, row] of text.split("\n").entries()) {
    const [, mark, info = ""] = row.match(/^[ \t]*(```+)[ \t]*(.*)$/) ?? []
    if (open && mark !== open.mark) open.code.push(row)
    else if (open) {
      const [, standsAt] = open.info.match(/^ts(?: (\S+\.ts))?$/) ?? [undefined, undefined]
      const isTypeScript = /^(ts|typescript)\b/.test(open.info)
      if (isTypeScript)
        found.push({ path, line: open.line, text: open.code.join("\n"), ...(standsAt ? { standsAt } : {}) })
      open = undefined
    } else if (mark !== undefined) {
      open = { line: line + index + 1, mark, info: info.trim(), code: [] }
    }
  }
  if (open) throw new Error(`${path}:${open.line - 1}: a code fence is not closed.`)
  return found
}

const TOP_FOLDERS = /^(\.\/)?(src|workflows|test|bench|decisions|\.ci)\//
const TOP_FILE = /^(\.\/)?([A-Z]+\.md|wrangler\.toml|(package|package-lock|tsconfig|biome)\.json|vitest\.config\.ts)$/

/** Paths of this repository: in Markdown links, and in backticks where the first folder is one of ours. */
export function repositoryPaths(document: Document): Claim[] {
  const prose = withoutFences(document.text)
  const links = [...prose.matchAll(/\]\(([^)\s#]+)(#[^)\s]*)?\)/g)].filter(([, to = ""]) => !/^[a-z]+:|^\//.test(to))
  const quoted = [...prose.matchAll(/`([^`\s]+)`/g)].filter(([, word = ""]) => isPath(word))
  return [...links, ...quoted].map(({ 1: text = "", index }) => ({
    path: document.path,
    line: document.line + lineAt(prose, index) - 1,
    text: text.replace(/:\d+$/, ""),
  }))
}

/** `src/lib/`, `README.md`, `.ci/run`; not `GET /v1/runs`, `src/<folder>` or a pattern after its first star. */
function isPath(word: string): boolean {
  return (TOP_FOLDERS.test(word) || TOP_FILE.test(word)) && !/[<>{}$…]/.test(word)
}

function withoutFences(text: string): string {
  return text.replace(/^([ \t]*)(```+)[^\n]*\n[\s\S]*?^[ \t]*\2[ \t]*$/gm, (fence) => fence.replace(/[^\n]/g, ""))
}
