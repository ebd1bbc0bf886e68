/**
 * Words that no committed file may hold: hosts of package registries (a lock file or a document that names one breaks
 * for everybody behind a mirror) and paths of one person's machine.
 */
import type { Problem } from "./source-file.ts"

interface BannedWord {
  readonly pattern: RegExp
  readonly why: string
}

// Written in pieces, or this file would be the first to break the rule.
const host = (...parts: string[]): RegExp => new RegExp(parts.join("\\."), "i")

const BANNED: readonly BannedWord[] = [
  {
    pattern: host("registry", "(npmjs|yarnpkg|npmmirror)", "(org|com)"),
    why: "names a package registry. Leave the host to the reader's own configuration.",
  },
  {
    pattern: host("(deb|security)", "debian", "org"),
    why: "names a package mirror. Leave the host to the reader's own configuration.",
  },
  { pattern: /(^|[\s"'`(])\/(root|(home|Users)\/\w+)\//, why: "names a path of one machine. Make it relative." },
]

export function wordProblems(files: ReadonlyMap<string, string>): Problem[] {
  return [...files].flatMap(([path, text]) =>
    text
      .split("\n")
      .flatMap((line, index) =>
        BANNED.filter(({ pattern }) => pattern.test(line)).map(({ why }) => ({ path, line: index + 1, message: why })),
      ),
  )
}
