/**
 * Style as a test. The rules stand in `test/tidy/`, each with its reason; `test/tidy/rules.test.ts` shows that each can
 * fail. A failure names the file and line, what was found and what to do.
 */
import { execFileSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "vitest"
import { circleProblems } from "./tidy/circles.ts"
import { errorCodeProblems } from "./tidy/error-codes.ts"
import { FLOORS, floorProblems } from "./tidy/floors.ts"
import { openSetProblems } from "./tidy/open-sets.ts"
import { barrelProblems, escapeProblems, headerProblems, sizeProblems } from "./tidy/shape.ts"
import { type Problem, readSources, showProblem } from "./tidy/source-file.ts"
import { wordProblems } from "./tidy/words.ts"

const ROOT = join(import.meta.dirname, "..")
const sources = readSources(
  ROOT,
  ["src", "test", "workflows", "bench"].filter((folder) => existsSync(join(ROOT, folder))),
)

it.each([
  ["imports go down the floors, and only the top names the platform", () => floorProblems(sources)],
  ["no file reaches itself by imports", () => circleProblems(sources)],
  ["files and functions are short", () => sizeProblems(sources)],
  ["every source file opens by saying what it owns", () => headerProblems(sources)],
  ["nothing talks round the type checker", () => escapeProblems(sources)],
  ["a name has one home: no barrels", () => barrelProblems(sources)],
  ["an open set lists its members, which do not know each other", () => openSetProblems(sources)],
  ["every error code is raised, and every raised code is listed", () => errorCodeProblems(sources)],
  ["no file names a registry or somebody's machine", () => wordProblems(committedTexts())],
])("%s", (_rule, problems: () => Problem[]) => {
  expect(problems().map(showProblem)).toEqual([])
})

it("ARCHITECTURE.md shows the floors that are enforced", () => {
  const rows = readFileSync(join(ROOT, "ARCHITECTURE.md"), "utf8").matchAll(/^\| +(\d) \| ([^|]*)\|/gm)
  const floors = [...rows].flatMap(([, floor, folders = ""]) =>
    [...folders.matchAll(/`(\w+)`/g)].map(([, folder = ""]): [string, number] => [folder, Number(floor)]),
  )
  expect(Object.fromEntries(floors)).toEqual(FLOORS)
})

/** Every text file that is, or is about to be, committed. */
function committedTexts(): Map<string, string> {
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: ROOT })
  const paths = listed
    .toString()
    .split("\n")
    .filter((path) => path !== "" && existsSync(join(ROOT, path)))
  const texts = paths.map((path): [string, string] => [path, readFileSync(join(ROOT, path), "utf8")])
  return new Map(texts.filter(([, text]) => !text.includes("\0")))
}
