/** What the log of a run that has ended must be, whatever the run went through. Nothing here is taken from the engine. */
import type { Workflow } from "waybill"
import type { StepNode } from "../../../src/graph/node.ts"
import { durationMs } from "../../../src/lib/duration.ts"
import { canonicalJson } from "../../../src/lib/json.ts"
import { verifyChain } from "../../../src/run/chain.ts"
import type { RunEvent } from "../../../src/run/event.ts"
import { foldRun } from "../../../src/run/fold.ts"
import { isOpen } from "../../../src/run/run-state.ts"
import type { FuzzedRun } from "./life-of-runs.ts"
import type { World } from "./world.ts"

/** What is wrong with the log of a run that has ended. */
export function problemsOf({ runId, store, engine, workflow }: FuzzedRun, world: World): string[] {
  const events = store.read()
  const state = foldRun(events)
  const broken = verifyChain(store.rows())
  const found = [
    ...(broken ? [broken.problem] : []),
    ...[...state.steps.values()].filter(isOpen).map(({ path, status }) => `${path} is still ${status}`),
    ...attemptProblems(events),
    ...signalProblems(events),
    ...timeoutProblems(events, workflow),
    ...undoProblems(events, world),
    ...(canonicalJson([...state.steps]) === canonicalJson([...engine.state.steps]) ? [] : ["the fold differs"]),
  ]
  return found.map((problem) => `${runId}: ${problem}`)
}

/**
 * Attempts are counted without gaps, one follows another only when that ended badly, each waits once, and nothing of a step
 * follows its completion but its compensation.
 */
function attemptProblems(events: readonly RunEvent[]): string[] {
  const attempts = new Map<string, number>()
  const completed = new Set<string>()
  const waited = new Set<string>()
  const underWay = new Set<string>()
  return events.flatMap(({ type, path, attempt, seq }) => {
    if (path === "" || type.startsWith("compensation.") || type.startsWith("child.")) return []
    if (completed.has(path)) return [`${type} of ${path} (${seq}) after its completion`]
    if (type === "step.completed") completed.add(path)
    const wait = `${path} ${attempt}`
    if (type === "step.waiting" && waited.has(wait)) return [`attempt ${attempt} of ${path} waits twice`]
    if (type === "step.waiting") waited.add(wait)
    if (type === "step.failed" || type === "step.interrupted" || type === "step.resolved") underWay.delete(path)
    if (type !== "step.started") return []
    const before = attempts.get(path) ?? 0
    attempts.set(path, attempt)
    const found = underWay.has(path) ? [`${path} was started (${seq}) while it was under way`] : []
    underWay.add(path)
    return attempt === before + 1 ? found : [...found, `attempt ${attempt} of ${path} after ${before}`]
  })
}

/** A signal ends one wait; one that had come early is taken before one that was sent to a waiting step. */
function signalProblems(events: readonly RunEvent[]): string[] {
  const used = new Set<number>()
  const names = new Map<number, string>()
  const early = new Map<string, number>()
  const found = events.flatMap((event) => {
    if (event.type === "signal.received") {
      const { name, path, payload } = event.data
      if (path === undefined) names.set(event.seq, name)
      if (canonicalJson(payload).includes('"early":true')) early.set(name, event.seq)
    }
    const seq = event.type === "step.completed" || event.type === "step.failed" ? event.data.signalSeq : undefined
    if (seq === undefined) return []
    if (used.has(seq)) return [`signal ${seq} was used twice, the second time by ${event.path}`]
    used.add(seq)
    return []
  })
  const taken = new Set([...used].map((seq) => names.get(seq)))
  const lost = [...early].filter(([name, seq]) => taken.has(name) && !used.has(seq))
  return [...found, ...lost.map(([name]) => `the early signal ${name} was lost`)]
}

/** Nothing lasts longer than its timeout: neither an attempt, nor a step, nor the run. */
function timeoutProblems(events: readonly RunEvent[], { scope, timeoutMs }: Workflow): string[] {
  const timeouts = new Map<string, StepNode["options"]["timeout"]>()
  const collect = (steps: readonly StepNode[]): void => {
    for (const { name, options, scopes } of steps) {
      if (options.timeout !== undefined) timeouts.set(name, options.timeout)
      for (const inner of Object.values(scopes)) collect(inner.steps)
    }
  }
  collect(scope.steps)
  const first = new Map<string, number>()
  const begun = new Map<string, number>()
  return events.flatMap(({ type, path, atMs }) => {
    if (type === "step.started") {
      begun.set(path, atMs)
      if (!first.has(path)) first.set(path, atMs)
    }
    if (type === "run.created") begun.set("", atMs)
    const isEnd = type === "step.completed" || type === "step.failed"
    const timeout = isEnd ? timeouts.get(path.match(/[^.]+$/)?.[0] ?? "") : undefined
    const { attempt, total } = typeof timeout === "object" ? timeout : { attempt: timeout, total: undefined }
    const limit = path === "" && type.startsWith("run.") ? timeoutMs : attempt && durationMs(attempt)
    return [
      ...(limit !== undefined && atMs - (begun.get(path) ?? atMs) > limit ? [`${path} went on after its timeout`] : []),
      ...(total !== undefined && atMs - (first.get(path) ?? atMs) > durationMs(total)
        ? [`${path} went on after all its time was over`]
        : []),
    ]
  })
}

/**
 * When the run is to be undone, each completed step whose tool can undo, or whose child did what can be undone, is undone or
 * reported as not undone, once, and the last first, after the children of steps that did not complete; otherwise nothing is
 * undone. A child of which nothing was known may be asked for nothing.
 */
function undoProblems(events: readonly RunEvent[], world: World): string[] {
  const end = events.find(({ type }) => ["run.completed", "run.failed", "run.cancelled"].includes(type))
  const isWanted =
    end?.type === "run.failed" ||
    (end?.type === "run.cancelled" && end.data.compensate) ||
    events.some(({ type }) => type === "compensation.requested")
  const parents = parentsIn(events)
  const undoable = new Set<string>()
  const expected: string[] = []
  const begun: string[] = []
  const ends = new Map<string, number>()
  for (const { type, path, data } of events) {
    if (type === "child.ended" && data.undoable) undoable.add(path)
    if (type === "step.started" && data.tool !== undefined && world.undoable.has(data.tool)) undoable.add(path)
    const isCompleted = type === "step.completed" || (type === "step.resolved" && data.action === "complete")
    if (isCompleted && undoable.has(path)) expected.unshift(path)
    if (type === "compensation.started" && !begun.includes(path)) begun.push(path)
    if (type === "compensation.completed" || (type === "compensation.failed" && data.retryAtMs === undefined))
      ends.set(path, (ends.get(path) ?? 0) + 1)
  }
  const stopped = [...parents].filter((path) => undoable.has(path) && !expected.includes(path))
  const wanted = isWanted ? [...stopped.reverse(), ...expected] : []
  // What a child has done may be known only after it was asked to undo it.
  const found = begun.filter((path) => undoable.has(path) || !parents.has(path))
  return [
    ...(canonicalJson(found) === canonicalJson(wanted) ? [] : [`undone: ${found}, expected: ${wanted}`]),
    ...wanted
      .filter((path) => ends.get(path) !== 1)
      .map((path) => `the undoing of ${path} ended ${ends.get(path)} times`),
  ]
}

/** Paths of the steps that started a child run, in their order. */
function parentsIn(events: readonly RunEvent[]): ReadonlySet<string> {
  return new Set(events.filter(({ type }) => type === "child.started").map(({ path }) => path))
}

/** How many steps that had a tool are said to be undone. */
function undoneIn({ store }: FuzzedRun): number {
  const events = store.read()
  const parents = parentsIn(events)
  return events.filter(({ type, path }) => type === "compensation.completed" && !parents.has(path)).length
}

/**
 * What the models' answers cost is in the logs of the runs, or booked as lost; without deaths, exactly that. What was stopped
 * in the middle of a call is left out of account.
 */
export function costProblems(runs: readonly FuzzedRun[], { spentNanoUsd, undone }: World, isCalm: boolean): string[] {
  const events = runs.flatMap(({ store }) => store.read())
  const booked = runs.reduce((sum, { engine }) => sum + engine.state.costNanoUsd, 0)
  const isStopped = events.some(
    (event) =>
      event.type === "run.cancelled" || (event.type === "step.failed" && event.data.failureClass === "cancelled"),
  )
  const isWrong = isCalm ? booked !== spentNanoUsd : booked < spentNanoUsd
  const succeeded = runs.reduce((sum, run) => sum + undoneIn(run), 0)
  const done = [...undone.values()].filter((one) => one.done).length
  return [
    ...(isWrong && !isStopped ? [`${spentNanoUsd} were spent and ${booked} booked`] : []),
    ...(succeeded > done ? [`${succeeded} undoings are said to have succeeded, and ${done} have`] : []),
  ]
}
