/**
 * The steps of a replay beside those of its recording: a verdict on each, and which of those that differ is the cause.
 *
 * Invariants:
 * 1. A step that today's code did not get to is `unreached`: nobody knows what it would have been. `missing` is a step that
 *    today's code passed by.
 * 2. The first difference is the first in the order in which today's code came upon them. A difference in how a step ended
 *    counts from its end, so what a step holds goes before what that makes of the step.
 */

import { holds, isRedone } from "../engine/order.ts"
import type { RecordedStep } from "../engine/recording.ts"
import type { Scope } from "../graph/node.ts"
import { compareStep, type FieldChange, type Side } from "./compare.ts"
import type { RoutingForecast } from "./forecast.ts"

/**
 * `missing`: today's code does not do the step. `extra`: the recording has no such step, so nobody knows what it would give.
 * `unreached`: the replay stopped before it.
 */
export type StepVerdict = "same" | "request-changed" | "output-changed" | "missing" | "extra" | "unreached"

export interface ReplayedStep {
  readonly path: string
  readonly kind: string
  readonly verdict: StepVerdict
  readonly changes: readonly FieldChange[]
  /** The step's code is not the one that ran, whether or not that made a difference here. */
  readonly definitionChanged?: true
  /** For each operation of the step, what the routing of today would do with it. */
  readonly routing?: readonly RoutingForecast[]
}

interface Sides {
  readonly before: Side
  readonly after: Side
}

/** In the order of the recording, then those that it does not have. */
export async function replayedSteps(
  sides: Sides,
  scope: Scope,
  forecasts: ReadonlyMap<string, RoutingForecast[]>,
): Promise<ReplayedStep[]> {
  const [recorded, replayed] = [sides.before.recording.steps, sides.after.recording.steps]
  const isUnreached = unreached(sides, scope)
  const steps: ReplayedStep[] = []
  for (const before of recorded.values()) {
    const after = replayed.get(before.path)
    const changes = after ? await compareStep(before, after, sides) : []
    const routing = forecasts.get(before.path)
    steps.push({
      path: before.path,
      kind: before.kind,
      verdict: after ? verdictOf(before, after, changes) : isUnreached(before.path) ? "unreached" : "missing",
      changes,
      ...(after && isRedefined(before, after) ? { definitionChanged: true } : {}),
      ...(routing ? { routing } : {}),
    })
  }
  // A step that was not to be done makes no difference.
  for (const after of replayed.values())
    if (!recorded.has(after.path) && after.status !== "skipped")
      steps.push({ path: after.path, kind: after.kind, verdict: "extra", changes: [] })
  return steps
}

/** Path of the step that differs for a reason of its own, as far as the order of things can tell. */
export function firstDifference(steps: readonly ReplayedStep[], { before, after }: Sides): string | undefined {
  const places = placesOf(before.recording.steps, after.recording.steps)
  const different = steps.filter(({ verdict }) => verdict !== "same" && verdict !== "unreached")
  const place = ({ path, verdict }: ReplayedStep): number => {
    const step = after.recording.steps.get(path)
    // A step that holds others and has not ended differs because of one of them.
    if (step && verdict === "output-changed") return step.endSeq ?? (step.composite ? Infinity : step.firstSeq)
    return places.get(path) ?? 0
  }
  return different.toSorted((left, right) => place(left) - place(right))[0]?.path
}

/** Where today's code came upon each step; a step that it passed by stands behind the one that it came after. */
function placesOf(
  recorded: ReadonlyMap<string, RecordedStep>,
  replayed: ReadonlyMap<string, RecordedStep>,
): Map<string, number> {
  const places = new Map([...replayed].map(([path, { firstSeq }]) => [path, firstSeq]))
  let last = 0
  for (const path of recorded.keys()) {
    const place = replayed.get(path)?.firstSeq
    last = place === undefined ? last : Math.max(last, place)
    if (place === undefined) places.set(path, last + 0.5)
  }
  return places
}

function verdictOf(before: RecordedStep, after: RecordedStep, changes: readonly FieldChange[]): StepVerdict {
  if (changes.length === 0) return "same"
  if (after.status === "skipped" && before.status !== "skipped") return "missing"
  if (before.status === "skipped" && before.attempts.length === 0) return "extra"
  return changes.some(({ of }) => ASKED.has(of)) ? "request-changed" : "output-changed"
}

/** Parts of a step that say what it asks, and of whom. */
const ASKED: ReadonlySet<FieldChange["of"]> = new Set(["kind", "route", "tool", "input", "request"])

function isRedefined(before: RecordedStep, after: RecordedStep): boolean {
  return before.digest !== "" && after.digest !== "" && before.digest !== after.digest
}

/** Whether today's code stopped before a step that it did not do. */
function unreached({ before, after }: Sides, scope: Scope): (path: string) => boolean {
  const [recorded, replayed] = [before.recording.steps, after.recording.steps]
  const startOf = (path: string) => recorded.get(path)?.firstSeq ?? Number.POSITIVE_INFINITY
  const stuck = [...replayed.values()].filter((step) => isStuck(step, recorded.get(step.path)))
  return (path) =>
    stuck.some(({ path: at, kind, composite }) =>
      composite ? isSideBySide(kind) && holds(at, path) : isRedone(scope, path, at, startOf),
    )
}

/** Whether the step did not get as far as it did in the recording. */
function isStuck({ status }: RecordedStep, before: RecordedStep | undefined): boolean {
  return status !== "completed" && status !== "skipped" && status !== before?.status
}

/** Where one step fails, others that do not come after it are not begun. */
function isSideBySide(kind: string): boolean {
  return kind === "map" || kind === "parallel"
}
