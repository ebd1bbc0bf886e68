/**
 * Compiles pieces of TypeScript that stand in documents, all in one run of the compiler, and tells for each error at
 * which line of which document it stands. The pieces are written into the repository's own scratch folder, because
 * `import … from "waybill"` resolves only below the repository's `package.json`.
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import type { Fence } from "./documents.ts"

const ROOT = join(import.meta.dirname, "../..")

/** Errors as `path:line: message`, in the lines of the documents. Empty when everything compiles. */
export function compile(pieces: readonly Fence[]): string[] {
  if (pieces.length === 0) return []
  const scratch = join(ROOT, ".waybill")
  mkdirSync(scratch, { recursive: true })
  const folder = mkdtempSync(join(scratch, "docs-"))
  try {
    for (const [index, { standsAt = "example.ts", text }] of pieces.entries()) {
      const file = join(folder, `piece-${index}`, standsAt)
      mkdirSync(dirname(file), { recursive: true })
      // `export {}` makes it a module, so that two fences may use one name; it goes last to keep the lines.
      writeFileSync(file, `${text}\nexport {}\n`)
    }
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(tsconfig(folder, pieces.length)))
    return errorsOf(runCompiler(folder), pieces)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function tsconfig(folder: string, pieces: number): object {
  const compilerOptions = {
    // An example may show a name without using it.
    ...{ noUnusedLocals: false, noUnusedParameters: false },
    // Each piece's folder stands over the repository: relative imports find the files beside which the piece would stand.
    rootDirs: [ROOT, ...Array.from({ length: pieces }, (_, index) => `./piece-${index}`)],
  }
  const declarations = relative(folder, join(ROOT, "src/**/*.d.ts"))
  return { extends: relative(folder, join(ROOT, "tsconfig.json")), compilerOptions, include: ["**/*.ts", declarations] }
}

function runCompiler(folder: string): string {
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc")
  const { stdout, stderr, status } = spawnSync(process.execPath, [tsc, "-p", folder, "--pretty", "false"], {
    cwd: folder,
    encoding: "utf8",
  })
  if (status !== 0 && stdout === "") throw new Error(`the compiler did not run: ${stderr}`)
  return stdout
}

function errorsOf(output: string, pieces: readonly Fence[]): string[] {
  return output.split("\n").flatMap((row) => {
    const [, file = "", line = "1", message = ""] = row.match(/^(\S+?)\((\d+),\d+\): error \w+: (.*)$/) ?? []
    if (message === "") return []
    const [, index] = file.match(/^piece-(\d+)\//) ?? []
    const piece = index === undefined ? undefined : pieces[Number(index)]
    // An error outside the pieces is a broken source file; the type check of the whole repository shows it better.
    return piece ? [`${piece.path}:${piece.line + Number(line) - 1}: ${message}`] : []
  })
}
