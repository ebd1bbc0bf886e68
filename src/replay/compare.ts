/**
 * Two recordings side by side, step by step: a replay and what it replays, a fork and its original, any two runs. Pure but
 * for reading blobs, and those only where the two differ.
 */

import { recordedInput, recordedOutput } from "../engine/playback.ts"
import { eventOf, type RecordedStep, type Recording } from "../engine/recording.ts"
import { canonicalJson, type Json, toJson } from "../lib/json.ts"
import { diffJson, type JsonChange } from "../lib/json-diff.ts"
import type { Stored } from "../run/event.ts"
import type { BlobStore } from "../store/blob-store.ts"
import { internalize } from "../store/values.ts"

/** A recording with what it refers to. */
export interface Side {
  readonly recording: Recording
  readonly blobs: Pick<BlobStore, "get">
}

/** Where a step differs. `request`: what it asked a model; `status`: how it ended, or after how many attempts. */
export interface FieldChange extends JsonChange {
  readonly of: "kind" | "route" | "tool" | "input" | "request" | "output" | "error" | "status"
  /** 0-based place of the operation, for a `request`. */
  readonly operation?: number
}

interface Pair {
  readonly before: Side
  readonly after: Side
}

/** How `after` differs from `before`; nothing when they are the same. A step that has not ended differs from none that has not. */
export async function compareStep(
  before: RecordedStep,
  after: RecordedStep,
  sides: Pair,
): Promise<readonly FieldChange[]> {
  const requests = await requestChanges(before, after, sides)
  const changes = [
    ...definitionChanges(before, after),
    // For most steps the input is the request, and one of the two says it all.
    ...(requests.coverInput ? [] : await inputChanges(before, after, sides)),
    ...requests.changes,
    ...(await endChanges(before, after, sides)),
  ]
  const seen = new Set<string>()
  return changes.filter((change) => {
    const key = canonicalJson(change)
    return !seen.has(key) && seen.add(key)
  })
}

/** How two stored values differ. */
export async function compareValues(before: Stored, after: Stored, { before: left, after: right }: Pair) {
  // Equal values are stored as equal text, so most need not be loaded.
  if (canonicalJson(before) === canonicalJson(after)) return []
  return diffJson(await internalize(before, left.blobs), await internalize(after, right.blobs))
}

function definitionChanges(before: RecordedStep, after: RecordedStep): FieldChange[] {
  const kind = diffJson({ kind: before.kind }, { kind: after.kind })
  const route = diffJson(routeOf(before), routeOf(after))
  // A start that got no further than the step's input says nothing of its effect.
  const isWhole = before.effect !== undefined && after.effect !== undefined
  const tool = diffJson(toolOf(before, isWhole), toolOf(after, isWhole))
  return [...kind.map(of("kind")), ...route.map(of("route")), ...tool.map(of("tool"))]
}

function routeOf({ route }: RecordedStep): Json {
  return route === undefined ? {} : { route }
}

function toolOf({ tool, effect }: RecordedStep, isWhole: boolean): Json {
  return { ...(tool === undefined ? {} : { tool }), ...(isWhole && effect !== undefined ? { effect } : {}) }
}

async function inputChanges(before: RecordedStep, after: RecordedStep, sides: Pair): Promise<FieldChange[]> {
  if (before.inputSeq === undefined || after.inputSeq === undefined) return []
  const [left, right] = [inputOf(before, sides.before), inputOf(after, sides.after)]
  const changes = await compareValues(left, right, sides)
  return changes.filter((change) => !isSameWait(change, before, after)).map(of("input"))
}

/** The end of a wait follows from when it began; to the second, it is compared as a duration. */
function isSameWait({ path, before, after }: JsonChange, left: RecordedStep, right: RecordedStep): boolean {
  if (path !== "untilMs" || typeof before !== "number" || typeof after !== "number") return false
  const difference = before - left.firstAtMs - (after - right.firstAtMs)
  return Math.abs(difference) < 1_000 || Math.abs(before - after) < 1_000
}

/** `coverInput`: what was compared is the step's input itself. */
async function requestChanges(
  before: RecordedStep,
  after: RecordedStep,
  sides: Pair,
): Promise<{ readonly changes: FieldChange[]; readonly coverInput: boolean }> {
  const changes: FieldChange[] = []
  let coverInput = false
  for (const [attempt, { operations }] of before.attempts.entries()) {
    for (const [operation, seq] of operations) {
      const afterSeq = after.attempts[attempt]?.operations.get(operation)
      const left = requestOf(before, sides.before, seq)
      if (afterSeq === undefined) {
        if (isEnded(after) && after.status !== "skipped")
          changes.push({
            of: "request",
            operation,
            path: "",
            before: await internalize(left.request, sides.before.blobs),
          })
        continue
      }
      const right = requestOf(after, sides.after, afterSeq)
      coverInput ||= left.isInput && right.isInput
      if (left.digest === right.digest) continue
      const found = await compareValues(left.request, right.request, sides)
      changes.push(...found.map((change) => ({ of: "request" as const, operation, ...change })))
    }
  }
  return { changes, coverInput }
}

/** What the step asked of models, in the order in which it was answered. */
export async function requestsOf(step: RecordedStep, side: Side) {
  const asked = step.attempts.flatMap(({ operations }, failures) =>
    [...operations].map(([operation, seq]) => ({ attempt: failures + 1, operation, seq })),
  )
  return Promise.all(
    asked.map(async ({ seq, ...place }) => ({
      ...place,
      request: await internalize(requestOf(step, side, seq).request, side.blobs),
    })),
  )
}

function requestOf(step: RecordedStep, side: Side, seq: number) {
  const { request, record } = eventOf(side.recording.source, seq, "operation.completed").data
  const isInput = request === undefined
  return { request: isInput ? inputOf(step, side) : toJson(request), isInput, digest: record.requestDigest }
}

function inputOf({ inputSeq }: RecordedStep, { recording }: Side): Json {
  return inputSeq === undefined ? null : recordedInput(recording, inputSeq)
}

async function endChanges(before: RecordedStep, after: RecordedStep, sides: Pair): Promise<FieldChange[]> {
  if (!isEnded(before) && !isEnded(after)) return []
  const [left, right] = [endOf(before, sides.before), endOf(after, sides.after)]
  if (before.status !== after.status) return [{ of: "status", path: "", before: left.told, after: right.told }]
  const attempts = diffJson({ attempts: before.attempts.length }, { attempts: after.attempts.length }).map(of("status"))
  if (before.status === "failed") return [...attempts, ...diffJson(left.told, right.told).map(of("error"))]
  return [...attempts, ...(await compareValues(left.output, right.output, sides)).map(of("output"))]
}

/** A step that was stopped from above has no end of its own. */
function isEnded({ status }: RecordedStep): boolean {
  return status === "completed" || status === "failed" || status === "skipped"
}

function endOf(step: RecordedStep, { recording }: Side): { readonly told: Json; readonly output: Stored } {
  const { status, endSeq } = step
  if (status === "completed" && endSeq !== undefined)
    return { told: { status }, output: recordedOutput(recording.source, endSeq) }
  if (status === "failed" && endSeq !== undefined) {
    const { error, failureClass } = eventOf(recording.source, endSeq, "step.failed").data
    const { code, message, path = step.path } = error
    // Most failures are of the step itself; those of a part of it say where.
    return { told: { status, code, message, ...(path === step.path ? {} : { path }), failureClass }, output: null }
  }
  return { told: { status }, output: null }
}

function of(part: FieldChange["of"]): (change: JsonChange) => FieldChange {
  return (change) => ({ of: part, ...change })
}
