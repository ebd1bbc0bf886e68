/**
 * Frozen replay: what today's code makes of a recorded run, told step by step, with nobody called. `play.ts` runs it,
 * `replayed-steps.ts` finds where its steps differ; here that and how the run ended become a verdict.
 */

import type { AnsweredOperation } from "../engine/playback.ts"
import { jsonSchema, type Schema, schemaIssues } from "../graph/schema.ts"
import { canonicalJson, isJsonArray, isJsonObject, type Json } from "../lib/json.ts"
import type { JsonChange } from "../lib/json-diff.ts"
import type { Forecaster } from "../model/client.ts"
import { internalize } from "../store/values.ts"
import { compareValues, type Side } from "./compare.ts"
import { forecast, type RoutingForecast } from "./forecast.ts"
import { type PlayOptions, play } from "./play.ts"
import { firstDifference, type ReplayedStep, replayedSteps, type StepVerdict } from "./replayed-steps.ts"
import { endOf, type RunEnd } from "./run-end.ts"

export interface RoutingDrift {
  /** Steps of which an operation would go to another model. */
  readonly changed: readonly string[]
  readonly recordedNanoUsd: number
  /** At the recorded usage. */
  readonly estimatedNanoUsd: number
  /** Operations whose cost cannot be estimated; they count as 0. */
  readonly unpriced: number
}

export interface ReplayReport {
  readonly runId: string
  readonly workflow: string
  readonly version: { readonly recorded: number; readonly today: number }
  /** Hash of the recording's newest event. */
  readonly headHash: string
  readonly verdict: "same" | "changed"
  /** Path of the step at which the replay first went another way. */
  readonly firstDifference?: string
  /** Attempts to reach the network, none of which got there. */
  readonly outsideCalls: number
  /** What today's input schema has against the recorded input. */
  readonly inputIssues: readonly { readonly path: string; readonly message: string }[]
  readonly end: { readonly recorded: RunEnd; readonly replayed: RunEnd; readonly changes: readonly JsonChange[] }
  readonly counts: Readonly<Record<StepVerdict, number>>
  /** What today's routing would do differently, over all operations that were replayed. */
  readonly routing?: RoutingDrift
  /** In the order of the recording, then those that it does not have. */
  readonly steps: readonly ReplayedStep[]
}

export interface ReplayOptions extends Omit<PlayOptions, "onOperation"> {
  /** The routing of today, to be asked what it would do; nothing is said of it without. */
  readonly forecaster?: Forecaster
}

/** Replays `options.recording` with the code of today. */
export async function replay(options: ReplayOptions): Promise<ReplayReport> {
  return (await replayWithRecording(options)).report
}

/** As `replay`, with what today's code made of the run as a recording of its own. */
export async function replayWithRecording(
  options: ReplayOptions,
): Promise<{ readonly report: ReplayReport; readonly replayed: Side }> {
  const { recording, workflow, forecaster } = options
  const forecasts = new Map<string, RoutingForecast[]>()
  const onOperation = (answered: AnsweredOperation) => {
    const known = forecasts.get(answered.path) ?? []
    if (forecaster) forecasts.set(answered.path, [...known, forecast(forecaster, answered)])
  }
  const { replayed, blobs, outsideCalls } = await play({ ...options, onOperation })
  const sides = { before: { recording, blobs: options.blobs }, after: { recording: replayed, blobs } }
  const steps = await replayedSteps(sides, workflow.scope, forecasts)
  const end = await compareEnds(sides)
  const first = firstDifference(steps, sides)
  const inputIssues = await issuesOfInput(options)
  const isSame =
    steps.every(({ verdict }) => verdict === "same") && end.changes.length === 0 && inputIssues.length === 0
  const report: ReplayReport = {
    runId: recording.header.runId,
    workflow: workflow.name,
    version: { recorded: recording.header.version, today: workflow.version },
    headHash: recording.head.hash,
    verdict: isSame ? "same" : "changed",
    ...(first === undefined ? {} : { firstDifference: first }),
    outsideCalls,
    inputIssues,
    end,
    counts: countVerdicts(steps),
    ...(forecaster ? { routing: driftOf(steps) } : {}),
    steps,
  }
  return { report, replayed: sides.after }
}

async function compareEnds(sides: { readonly before: Side; readonly after: Side }): Promise<ReplayReport["end"]> {
  const [recorded, replayed] = [endOf(sides.before.recording), endOf(sides.after.recording)]
  const ends = { recorded: recorded.end, replayed: replayed.end }
  // What a run that had not ended would have come to is not known.
  if (recorded.end.status === "open") return { ...ends, changes: [] }
  const outcome = await compareValues({ ...recorded.end }, { ...replayed.end }, sides)
  return {
    ...ends,
    changes: outcome.length > 0 ? outcome : await compareOutputs(recorded.output, replayed.output, sides),
  }
}

async function compareOutputs(before: Json, after: Json, sides: { readonly before: Side; readonly after: Side }) {
  const changes = await compareValues(before, after, sides)
  return changes.map((change) => ({ ...change, path: change.path === "" ? "output" : `output.${change.path}` }))
}

/** The log holds what the schema made of the input; a schema that transforms cannot be asked about that again. */
async function issuesOfInput({ recording, workflow, blobs }: ReplayOptions): Promise<ReplayReport["inputIssues"]> {
  if (recording.header.graphDigest === workflow.digest || transforms(workflow.input)) return []
  const parsed = workflow.input.safeParse(await internalize(recording.header.input, blobs))
  return parsed.success ? [] : schemaIssues(parsed.error, "input")
}

function transforms(schema: Schema): boolean {
  const [given, seen] = [jsonSchema(schema, "input"), jsonSchema(schema, "output")].map(shapeOf)
  return canonicalJson(given) !== canonicalJson(seen)
}

/** A JSON Schema without what defaults change: which members must be there. */
function shapeOf(schema: Json): Json {
  if (isJsonArray(schema)) return schema.map(shapeOf)
  if (!isJsonObject(schema)) return schema
  const { required: _required, additionalProperties: _additional, ...rest } = schema
  return Object.fromEntries(Object.entries(rest).map(([key, member]) => [key, shapeOf(member)]))
}

function countVerdicts(steps: readonly ReplayedStep[]): ReplayReport["counts"] {
  const counts = { same: 0, "request-changed": 0, "output-changed": 0, missing: 0, extra: 0, unreached: 0 }
  for (const { verdict } of steps) counts[verdict] += 1
  return counts
}

function driftOf(steps: readonly ReplayedStep[]): RoutingDrift {
  const forecasts = steps.flatMap(({ routing = [] }) => routing)
  const sum = (of: (one: RoutingForecast) => number) => forecasts.reduce((total, one) => total + of(one), 0)
  return {
    changed: steps.filter(({ routing }) => routing?.some(({ changed }) => changed)).map(({ path }) => path),
    recordedNanoUsd: sum(({ recordedNanoUsd }) => recordedNanoUsd),
    estimatedNanoUsd: sum(({ estimatedNanoUsd = 0 }) => estimatedNanoUsd),
    unpriced: forecasts.filter(({ estimatedNanoUsd }) => estimatedNanoUsd === undefined).length,
  }
}
