/**
 * How long a workflow takes to type-check as it grows: a chain of steps of five kinds, each reading the one before it. Run with `node bench/types.ts`; prints milliseconds of checking above those for a workflow of one step.
 */
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"

const ROOT = join(import.meta.dirname, "..")
const TSC = join(ROOT, "node_modules/typescript/bin/tsc")
const LENGTHS = [1, 10, 50, 100, 200]
const ROUNDS = 7

/** One step each; `before` is the step it reads. */
const STEPS: readonly ((name: string, before: string) => string)[] = [
  (name, before) => `.code("${name}", ({ ${before}, input }) => ({ text: ${before}.text + input.text }))`,
  (name, before) => `.generate("${name}", { prompt: ({ ${before} }) => ${before}.text })`,
  (name, before) => `.plan("${name}", { prompt: ({ ${before} }) => ${before}.text, output: shape })`,
  (name, before) => `.tool("${name}", look, ({ ${before} }) => ({ text: ${before}.text }))`,
  (name, before) =>
    `.map("list${name}", { over: ({ ${before} }) => [${before}.text], each: (g) => g.output(({ item }) => item) })` +
    `.code("${name}", ({ list${name} }) => ({ text: list${name}.join() }))`,
]

function chain(length: number): string {
  let before = "first"
  const steps = Array.from({ length }, (_, index) => {
    const name = `step${index}`
    const step = STEPS[index % STEPS.length]?.(name, before) ?? ""
    before = name
    return step
  })
  return `import { tool, workflow } from "waybill"
import { z } from "zod"
export const shape = z.object({ text: z.string() })
export const look = tool({ name: "look", description: "", input: shape, output: shape, effect: "read", run: ({ input }) => input })
export const long = workflow("long", { version: 1, input: shape })
  .code("first", ({ input }) => input)
  ${steps.join("\n  ")}
  .output(({ ${before} }) => ${before}.text)
`
}

/** The compiler's own count of its time for checking `source`, the best of a few. Throws when it does not compile. */
function checkMs(folder: string, source: string): number {
  writeFileSync(join(folder, "long.ts"), source)
  const times = Array.from({ length: ROUNDS }, () => {
    const said = execFileSync(process.execPath, [TSC, "-p", folder, "--extendedDiagnostics", "--singleThreaded"])
    const [, seconds = "NaN"] = /Check time:\s+([\d.]+)s/.exec(said.toString()) ?? []
    return Number(seconds) * 1_000
  })
  return Math.min(...times)
}

mkdirSync(join(ROOT, ".waybill"), { recursive: true })
const folder = mkdtempSync(join(ROOT, ".waybill/types-"))
try {
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ extends: "../../tsconfig.json", include: ["long.ts"] }))
  const times = LENGTHS.map((length) => ({ length, ms: checkMs(folder, chain(length)) }))
  const floorMs = times[0]?.ms ?? 0
  console.log(`floor: ${Math.round(floorMs)} ms for a workflow of one step`)
  for (const { length, ms } of times.slice(1)) console.log(`${length} steps: +${Math.round(ms - floorMs)} ms`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
