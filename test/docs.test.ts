/**
 * The documents are held to the code: each `ts` fence compiles against the package's own doors, and each path of this
 * repository that they name exists. That counts for the comments in the source as well.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { describe, expect, it } from "vitest"
import { compile } from "./docs/compile.ts"
import { type Claim, commentsAsDocuments, type Document, fences, repositoryPaths } from "./docs/documents.ts"
import { readSources, sourceFile } from "./tidy/source-file.ts"

const ROOT = join(import.meta.dirname, "..")

describe("the documents of this repository", () => {
  const documents = [...markdown(ROOT, ""), ...markdown(join(ROOT, "decisions"), "decisions/"), ...comments()]

  it("hold TypeScript that compiles", { timeout: 60_000 }, () => {
    expect(compile(documents.flatMap(fences))).toEqual([])
  })

  it("name only paths that exist", () => {
    expect(documents.flatMap(repositoryPaths).filter(isMissing).map(show)).toEqual([])
  })
})

describe("the check itself", () => {
  const page: Document = {
    path: "PAGE.md",
    line: 1,
    text: [
      "# Page",
      "```ts",
      "const a = 1",
      'const b: number = "text"',
      "```",
      "See `src/nowhere.ts:7`.",
      "```sh",
      "`test/no`",
      "```",
    ].join("\n"),
  }

  it("finds code that does not compile, by the line of the document", { timeout: 60_000 }, () => {
    expect(compile(fences(page))).toEqual([expect.stringMatching(/^PAGE\.md:4: Type 'string' is not assignable/)])
    expect(compile(fences({ ...page, text: "```ts\nimport { nothing } from 'waybill'\n```" }))).toHaveLength(1)
  })

  it("compiles code as if it stood where its fence says", { timeout: 60_000 }, () => {
    const text =
      "```ts src/lib/example.ts\nimport { sleep } from './clock.ts'\nimport { nothing } from './random.ts'\n```"
    expect(compile(fences({ ...page, text }))).toEqual([
      expect.stringMatching(/^PAGE\.md:3: .*no exported member 'nothing'/),
    ])
  })

  it("finds a path that does not exist, in backticks and in links, but not in fences", () => {
    const document = { ...page, text: `${page.text}\n[gone](decisions/9999-gone.md#why) [out](https://example.com)` }
    expect(repositoryPaths(document).filter(isMissing).map(show)).toEqual([
      "PAGE.md:10: decisions/9999-gone.md does not exist. Correct the path, or the document.",
      "PAGE.md:6: src/nowhere.ts does not exist. Correct the path, or the document.",
    ])
  })

  it("reads the comments of a source file, with their lines", () => {
    const file = sourceFile(
      "src/a.ts",
      "const a = 1\n/**\n * See `src/gone.ts`:\n * ```ts\n * const x: string = 1\n * ```\n */\nconst b = 2",
    )
    const [comment] = commentsAsDocuments(file)
    expect(comment && repositoryPaths(comment)).toEqual([{ path: "src/a.ts", line: 3, text: "src/gone.ts" }])
    expect(comment && fences(comment)).toEqual([{ path: "src/a.ts", line: 5, text: "const x: string = 1" }])
  })

  it("does not take endpoints, placeholders and other words for paths", () => {
    const text =
      "`GET /v1/runs` `src/<folder>/x.ts` `node:test` `test` `README.md` `wrangler.toml` `workflows/*/index.ts`"
    expect(repositoryPaths({ ...page, text }).map(({ text }) => text)).toEqual([
      "README.md",
      "wrangler.toml",
      "workflows/*/index.ts",
    ])
  })

  it("refuses a fence that is never closed", () => {
    expect(() => fences({ ...page, text: "text\n```ts\nconst a = 1" })).toThrow(
      "PAGE.md:2: a code fence is not closed.",
    )
  })
})

function markdown(folder: string, prefix: string): Document[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(".md"))
  return names.map((name) => ({ path: `${prefix}${name}`, line: 1, text: readFileSync(join(folder, name), "utf8") }))
}

function comments(): Document[] {
  const folders = ["src", "workflows", "bench"].filter((folder) => existsSync(join(ROOT, folder)))
  return readSources(ROOT, folders).flatMap(commentsAsDocuments)
}

/** Before its first star a pattern is a folder, and that must exist. Links are relative to their document. */
function isMissing({ path, text }: Claim): boolean {
  const fixed = text.includes("*") ? text.replace(/[^/]*\*.*$/, "") : text
  return !existsSync(join(ROOT, fixed)) && !existsSync(join(ROOT, dirname(path), fixed))
}

function show({ path, line, text }: Claim): string {
  return `${path}:${line}: ${text} does not exist. Correct the path, or the document.`
}
