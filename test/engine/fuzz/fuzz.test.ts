/**
 * Random workflows whose processes die at random moments: between any two writes, and before and after every call; and whose
 * blob store fails now and then. However often that happens, the run must end as it does when nothing happens, and nothing
 * may be done twice that must not.
 */
import { describe, expect, it } from "vitest"
import { canonicalJson } from "../../../src/lib/json.ts"
import { verifyChain } from "../../../src/run/chain.ts"
import type { RunEvent } from "../../../src/run/event.ts"
import { foldRun } from "../../../src/run/fold.ts"
import { isOpen } from "../../../src/run/run-state.ts"
import { Graphs } from "./graphs.ts"
import { type FuzzedRun, meddler, Runs } from "./life-of-runs.ts"
import { diceOf } from "./plan.ts"
import { World } from "./world.ts"

const SEEDS = 500
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
  const graphs = new Graphs(seed, world)
  const workflow = graphs.workflow("root", 3 + (seed % 6))
  const dice = diceOf(seed + 1_000_000)
  let lives = 0
  const momentsOf = () => {
    lives += 1
    return deaths && lives < MOST_LIVES ? dice.roll(20 + (seed % 60)) : Number.POSITIVE_INFINITY
  }
  const isOut = () => lives < MOST_LIVES && dice.chance(0.1)
  const trouble = deaths ? { meddle: meddler(dice, deaths.cancels), isOut } : {}
  const runs = new Runs({ world, workflows: graphs.children, momentsOf, ...trouble })
  return { root: await runs.run(workflow), runs, world }
}

/** What is wrong with the log of a run that has ended. */
function problemsOf({ runId, store, engine }: FuzzedRun): string[] {
  const events = store.read()
  const state = foldRun(events)
  const broken = verifyChain(store.rows())
  return [
    ...(broken ? [`${runId}: ${broken.problem}`] : []),
    ...[...state.steps.values()].filter(isOpen).map(({ path, status }) => `${runId}: ${path} is still ${status}`),
    ...[...attemptProblems(events), ...signalProblems(events)].map((problem) => `${runId}: ${problem}`),
    ...(canonicalJson([...state.steps]) === canonicalJson([...engine.state.steps]) ? [] : ["the fold differs"]),
  ]
}

/** Attempts are counted without gaps, each waits once, and nothing of a step follows its completion but its compensation. */
function attemptProblems(events: readonly RunEvent[]): string[] {
  const attempts = new Map<string, number>()
  const completed = new Set<string>()
  const waited = new Set<string>()
  return events.flatMap(({ type, path, attempt, seq }) => {
    if (path === "" || type.startsWith("compensation.")) return []
    if (completed.has(path)) return [`${type} of ${path} (${seq}) after its completion`]
    if (type === "step.completed") completed.add(path)
    const wait = `${path} ${attempt}`
    if (type === "step.waiting" && waited.has(wait)) return [`attempt ${attempt} of ${path} waits twice`]
    if (type === "step.waiting") waited.add(wait)
    if (type !== "step.started") return []
    const before = attempts.get(path) ?? 0
    attempts.set(path, attempt)
    return attempt === before + 1 ? [] : [`attempt ${attempt} of ${path} after ${before}`]
  })
}

/** A signal ends one wait. */
function signalProblems(events: readonly RunEvent[]): string[] {
  const used = new Set<number>()
  return events.flatMap((event) => {
    const seq = event.type === "step.completed" || event.type === "step.failed" ? event.data.signalSeq : undefined
    if (seq === undefined) return []
    if (used.has(seq)) return [`signal ${seq} was used twice, the second time by ${event.path}`]
    used.add(seq)
    return []
  })
}

/** Undone once each: every completed tool step that can be undone, when the run ended so. */
function undoProblems({ root, world }: Outcome): string[] {
  const { steps, ended, cancelled } = foldRun(root.store.read())
  const wanted = ended === "failed" || (ended === "cancelled" && cancelled?.compensate === true)
  const states = [...steps.values()].map(({ compensation }) => compensation).filter((one) => one !== undefined)
  return [
    ...(wanted ? [] : states.map(() => "a step was undone for no reason")),
    ...states.filter((one) => one === "running").map(() => "a compensation did not end"),
    ...[...world.undone].filter(([, times]) => times > MOST_LIVES).map(([key]) => `${key} was undone again and again`),
  ]
}

async function check(seed: number): Promise<void> {
  const calm = await outcomeOf(seed)
  const cancels = seed % 10 === 0
  const wild = await outcomeOf(seed, { cancels })
  const found = (outcome: Outcome) => [
    ...outcome.world.broken,
    ...[...outcome.runs.runs.values()].flatMap(problemsOf),
    ...undoProblems(outcome),
  ]
  expect({ seed, found: found(calm) }).toEqual({ seed, found: [] })
  expect({ seed, found: found(wild) }).toEqual({ seed, found: [] })
  if (cancels) return
  const end = async ({ root: { engine } }: Outcome) => ({
    seed,
    ended: engine.state.ended,
    output: engine.state.outputSeq === undefined ? undefined : await engine.value(engine.state.outputSeq),
  })
  expect(await end(wild)).toEqual(await end(calm))
}

describe("[RUN19] however often its process dies, a run ends as if it never had, and does nothing twice", () => {
  it.each(Array.from({ length: GROUPS }, (_, group) => group))(
    "seeds of group %i",
    async (group) => {
      for (let seed = group * (SEEDS / GROUPS); seed < (group + 1) * (SEEDS / GROUPS); seed += 1) await check(seed)
    },
    60_000,
  )
})
