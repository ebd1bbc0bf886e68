/**
 * Where a run has come to a stop: what ended last, what waits for somebody to decide, and what would start next, with the
 * input that it would get. Only a look: the closures of steps are pure.
 */
import { type ErrorData, errorData } from "../lib/errors.ts"
import { type Json, toJson } from "../lib/json.ts"
import { isHeld, isOpen, type RunState, type StepState } from "../run/run-state.ts"
import { editedInput, freshEdit } from "./edits.ts"
import type { ComingStep } from "./gate.ts"
import type { Session } from "./session.ts"

/** Previews of more steps than a person looks at would only cost time. */
const MOST_PREVIEWS = 20

export interface NextStep {
  readonly path: string
  readonly kind: string
  /** What it would get; absent when somebody gave its output or left it out. */
  readonly input?: Json
  /** Somebody decided how it ends. */
  readonly decided?: "output" | "skip"
  /** Why its input cannot be made. */
  readonly problem?: ErrorData
}

export interface StopPoint {
  /** The step that ended last; absent before the first. Steps that only hold others do not count. */
  readonly last?: string
  /** Steps that wait for somebody to decide about them. */
  readonly held: readonly string[]
  /** Leaf steps that are being done, or tried again by themselves. */
  readonly underWay: readonly string[]
  /** Steps that start when the run goes on: several when they stand side by side. */
  readonly next: readonly NextStep[]
}

export async function stopPoint(session: Session): Promise<StopPoint> {
  const { log, gate } = session
  const coming = [...gate.held.values()].slice(0, MOST_PREVIEWS)
  const last = lastEnded(session)
  return {
    ...(last === undefined ? {} : { last }),
    held: [...log.state.steps.values()].filter(isHeld).map(({ path }) => path),
    underWay: [...log.state.steps.values()].filter(isUnderWay).map(({ path }) => path),
    next: await Promise.all(coming.map((step) => preview(session, step))),
  }
}

/** Whether the run stands still until somebody says how it goes on: about a step that is held, or with answers to all it waits for. */
export function isStanding({ paused, waitingLeaves, runningLeaves, steps }: RunState): boolean {
  if (paused !== undefined) return true
  if (waitingLeaves === 0) return false
  const waiting = [...steps.values()].filter(({ status }) => status === "waiting")
  return waiting.some(isHeld) || (runningLeaves === 0 && waiting.every(isAnsweredFromOutside))
}

function isAnsweredFromOutside({ waiting }: StepState): boolean {
  return waiting?.reason === "approval" || waiting?.reason === "signal"
}

function isUnderWay(step: StepState): boolean {
  return !step.composite && isOpen(step) && step.status !== "waiting"
}

async function preview(session: Session, { node, path, values }: ComingStep): Promise<NextStep> {
  const base = { path, kind: node.kind }
  const edit = freshEdit(session, path)
  if (edit?.outputSeq !== undefined) return { ...base, decided: "output" }
  if (edit?.skip) return { ...base, decided: "skip" }
  const facts = { nowMs: session.nowMs() }
  const resolve = () =>
    session.values.evaluate((seen) => session.kindOf(node).resolve(node.config, seen, facts), values)
  try {
    return { ...base, input: toJson((await editedInput(session, path, resolve)) ?? null, path) }
  } catch (thrown) {
    return { ...base, problem: errorData(thrown, "step_failed") }
  }
}

function lastEnded({ log }: Session): string | undefined {
  for (let seq = log.state.seq; seq > 0; seq -= 1) {
    const event = log.store.get(seq)
    const ends = event?.type === "step.completed" || event?.type === "step.failed" || event?.type === "step.resolved"
    if (ends && log.step(event.path)?.composite === false) return event.path
  }
  return undefined
}
