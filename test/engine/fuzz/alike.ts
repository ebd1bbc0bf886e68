/** Whether two lives of one workflow came to the same: step by step, as far as chance does not decide. */

import { steady } from "./graphs.ts"
import type { FuzzedRun, Runs } from "./life-of-runs.ts"

interface Told {
  readonly status: string
  readonly composite: boolean
  readonly text: string
}

/** What differs between the runs of a calm life and those of a wild one that was not cancelled. */
export async function differences(calm: Runs, wild: Runs): Promise<string[]> {
  return compare(calm, wild, (before, after) => before?.status === after?.status && before?.text === after?.text)
}

/** What a life that was cancelled in its middle completed otherwise than a calm one. */
export async function contradictions(calm: Runs, wild: Runs): Promise<string[]> {
  return compare(calm, wild, (before, after) => {
    if (after?.status !== "completed") return true
    return before?.status !== "completed" ? before !== undefined : before.text === after.text
  })
}

async function compare(
  calm: Runs,
  wild: Runs,
  isAlike: (before: Told | undefined, after: Told | undefined) => boolean,
): Promise<string[]> {
  const before = await stepsOf(calm)
  const after = await stepsOf(wild)
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((path) => {
    const [left, right] = [before.get(path), after.get(path)]
    if (isLeftToChance(path, before) || isLeftToChance(path, after) || isAlike(left, right)) return []
    return [`${path}: ${left?.status} ${left?.text}, and then ${right?.status} ${right?.text}`]
  })
}

/** All steps of the root run and of the runs below it, by the paths of the steps that started them and their own. */
async function stepsOf(runs: Runs): Promise<Map<string, Told>> {
  const steps = new Map<string, Told>()
  for (const run of runs.runs.values()) {
    const prefix = prefixOf(run, runs)
    for (const { path, status, composite, outputSeq, error } of run.engine.state.steps.values()) {
      const output = steady(await runs.outputAt(run, outputSeq))
      steps.set(`${prefix}${path}`, { status, composite, text: composite ? output : `${output}${error?.code ?? ""}` })
    }
  }
  return steps
}

/** A child of a step's second attempt comes after that of the first, so that the last one is what is compared. */
function prefixOf({ engine: { state } }: FuzzedRun, runs: Runs): string {
  const above = state.header?.parent
  const parent = above && runs.runs.get(above.runId)
  return parent ? `${prefixOf(parent, runs)}${above.path}.` : ""
}

/** Inside a step that failed, which of several things went wrong first, and how far the others had come, is chance. */
function isLeftToChance(path: string, steps: ReadonlyMap<string, Told>): boolean {
  const ends = [...path.matchAll(/[.[]/g)].map(({ index }) => path.slice(0, index))
  return ends.some((above) => steps.get(above)?.status === "failed")
}
