/** Whatever a run went through, crashes, retries, people, cancellation: the same code replays it as the same, and touches nothing. */
import { describe, expect, it } from "vitest"
import { readRecording } from "../../src/engine/recording.ts"
import { replay } from "../../src/replay/replay.ts"
import { kindsByName } from "../../src/steps/index.ts"
import { Graphs } from "../engine/fuzz/graphs.ts"
import { meddler, Runs } from "../engine/fuzz/life-of-runs.ts"
import { diceOf } from "../engine/fuzz/plan.ts"
import { World } from "../engine/fuzz/world.ts"
import { differences } from "./gallery.ts"

const SEEDS = Number(process.env.FUZZ_SEEDS ?? 120)
const FROM = Number(process.env.FUZZ_FROM ?? 0)
const MOST_LIVES = 12

/** The runs of the seed's workflow, after as many deaths as the seed wants. */
async function runsOf(seed: number): Promise<{ readonly runs: Runs; readonly world: World }> {
  const world = new World(seed)
  const graphs = new Graphs(seed, world)
  const workflow = graphs.workflow("root", 3 + (seed % 6))
  const dice = diceOf(seed + 1_000_000)
  let lives = 0
  const momentsOf = () => {
    lives += 1
    return seed % 3 > 0 && lives < MOST_LIVES ? dice.roll(50) : Number.POSITIVE_INFINITY
  }
  const runs = new Runs({ world, workflows: graphs.children, momentsOf, meddle: meddler(dice, seed % 10 === 0) })
  await runs.run(workflow)
  return { runs, world }
}

async function check(seed: number): Promise<void> {
  const { runs, world } = await runsOf(seed)
  const effects = JSON.stringify([...world.effects])
  for (const { runId, store, workflow } of runs.runs.values()) {
    const recording = readRecording(store)
    const report = await replay({ recording, workflow, kinds: kindsByName, blobs: runs.blobs })
    const { verdict, outsideCalls, end } = report
    const found = { seed, runId, verdict, outsideCalls, different: differences(report), end: end.changes }
    expect(found).toEqual({ seed, runId, verdict: "same", outsideCalls: 0, different: {}, end: [] })
  }
  expect(JSON.stringify([...world.effects])).toBe(effects)
}

describe("[REPLAY1] a replay of any run is the same", () => {
  it("of runs that died, failed, waited and were cancelled at random", async () => {
    for (let seed = FROM; seed < FROM + SEEDS; seed += 1) await check(seed)
  })
})
