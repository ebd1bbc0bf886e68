/**
 * Random workflows whose processes die at random moments: between any two writes, and before and after every call; and whose
 * blob store fails now and then. However often that happens, the run must end as it does when nothing happens, and nothing
 * may be done twice that must not.
 */
import { describe, expect, it } from "vitest"
import { contradictions, differences } from "./alike.ts"
import { costProblems, problemsOf } from "./checks.ts"
import { Graphs } from "./graphs.ts"
import { type FuzzedRun, meddler, Runs } from "./life-of-runs.ts"
import { diceOf } from "./plan.ts"
import { World } from "./world.ts"

const SEEDS = Number(process.env.FUZZ_SEEDS ?? 500)
const FROM = Number(process.env.FUZZ_FROM ?? 0)
const GROUPS = 10
/** Fewer deaths than a step may meet before it is blamed for them. */
const MOST_LIVES = 10

interface Outcome {
  readonly root: FuzzedRun
  readonly runs: Runs
  readonly world: World
}

/** The seed's workflow run to its end; `deaths` says how its processes die, absent: not at all. */
async function outcomeOf(seed: number, deaths?: { readonly cancels: boolean }): Promise<Outcome> {
  const world = new World(seed)
  const write = (revision: number) => {
    const graphs = new Graphs(seed, world, revision)
    return { root: graphs.workflow("root", 3 + (seed % 6)), graphs }
  }
  const { root, graphs } = write(0)
  const dice = diceOf(seed + 1_000_000)
  let lives = 0
  const momentsOf = () => {
    lives += 1
    return deaths && lives < MOST_LIVES ? dice.roll(20 + (seed % 60)) : Number.POSITIVE_INFINITY
  }
  const isOut = () => lives < MOST_LIVES && dice.chance(0.1)
  const deployed = (life: number) => {
    if (seed % 3 > 0) return undefined
    const written = write(life)
    return [written.root, ...written.graphs.children]
  }
  const trouble = deaths ? { meddle: meddler(dice, deaths.cancels), isOut, deployed } : {}
  const runs = new Runs({ world, workflows: graphs.children, early: graphs.early, momentsOf, ...trouble })
  return { root: await runs.run(root), runs, world }
}

function problemsIn({ runs, world }: Outcome, isCalm: boolean): string[] {
  const all = [...runs.runs.values()]
  return [...world.broken, ...all.flatMap((run) => problemsOf(run, world)), ...costProblems(all, world, isCalm)]
}

async function check(seed: number): Promise<void> {
  const calm = await outcomeOf(seed)
  expect({ seed, found: problemsIn(calm, true) }).toEqual({ seed, found: [] })
  const cancels = seed % 10 === 0
  const wild = await outcomeOf(seed, { cancels })
  expect({ seed, found: problemsIn(wild, false) }).toEqual({ seed, found: [] })
  if (cancels) {
    const found = await contradictions(calm.runs, wild.runs)
    return expect({ seed, found }).toEqual({ seed, found: [] })
  }
  const end = async ({ root, runs }: Outcome) => ({
    seed,
    ended: root.engine.state.ended,
    output: await runs.outputAt(root, root.engine.state.outputSeq),
  })
  expect(await end(wild)).toEqual(await end(calm))
  const found = await differences(calm.runs, wild.runs)
  expect({ seed, found }).toEqual({ seed, found: [] })
}

describe("[RUN19] however often its process dies, a run ends as if it never had, and does nothing twice", () => {
  it.each(Array.from({ length: GROUPS }, (_, group) => group))(
    "seeds of group %i",
    async (group) => {
      const each = SEEDS / GROUPS
      for (let seed = FROM + group * each; seed < FROM + (group + 1) * each; seed += 1) await check(seed)
    },
    (60_000 * SEEDS) / 500,
  )
})
