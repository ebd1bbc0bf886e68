/**
 * What other models would have answered: a recorded operation of a step, asked again of each of them, side by side. The
 * models are called for real and cost money; nothing after the step runs, and the recording stays as it is.
 */

import { holds } from "../engine/order.ts"
import { eventOf, type RecordedStep } from "../engine/recording.ts"
import { resultOf } from "../engine/records.ts"
import { type ErrorData, WaybillError } from "../lib/errors.ts"
import type { Json } from "../lib/json.ts"
import { toJson } from "../lib/json.ts"
import { diffJson, type JsonChange } from "../lib/json-diff.ts"
import type { ModelClient, OperationContext, OperationOptions } from "../model/client.ts"
import type { Operation } from "../model/operation.ts"
import type { OperationOutcome, OperationRecord } from "../model/record.ts"
import type { OperationResult, Usage } from "../model/result.ts"
import type { Side } from "./compare.ts"
import { requestsOf } from "./compare.ts"
import { servedBy } from "./forecast.ts"

/** One answer to the operation. */
export interface CounterAnswer {
  /** As it was asked for; absent for the recorded one, which the routing chose. */
  readonly asked?: string
  /** `provider/model` that answered. */
  readonly model?: string
  readonly status: "succeeded" | "failed"
  /** The parsed answer, or its text. */
  readonly output?: Json
  /** Whether the answer fits the schema that was asked for; absent when none was, or when there was no answer. */
  readonly fitsSchema?: boolean
  readonly error?: { readonly code: string; readonly message: string }
  readonly failureClass?: string
  readonly latencyMs: number
  readonly costNanoUsd: number
  readonly usage: Usage
  /** Against the recorded answer. */
  readonly changes?: readonly JsonChange[]
}

export interface Counterfactual {
  readonly path: string
  /** 1-based try of the step, and 0-based place of the operation in it. */
  readonly attempt: number
  readonly operation: number
  readonly request: Json
  readonly recorded: CounterAnswer
  readonly answers: readonly CounterAnswer[]
}

export interface CounterfactualRequest {
  readonly path: string
  /** `provider/model`, or aliases of the routing. */
  readonly models: readonly string[]
  /** Default: the first operation of the step's last attempt. */
  readonly operation?: number
}

export interface CounterfactualHost {
  readonly side: Side
  readonly models: ModelClient
  readonly kindName: (path: string) => { readonly name: string; readonly kind: string }
  readonly loadMedia: OperationOptions["loadMedia"]
  readonly signal: AbortSignal
  /** Told of each answer as it is in, with what it was asked of: the money was not spent by a run. */
  readonly onOutcome: (asked: string, outcome: OperationOutcome) => Promise<void>
}

/** Throws `step_not_found`, and `no_operation` when the step asked no model. */
export async function counterfactual(
  host: CounterfactualHost,
  request: CounterfactualRequest,
): Promise<Counterfactual> {
  const { side } = host
  const { path, models } = request
  const step = side.recording.steps.get(path)
  if (!step) throw new WaybillError("step_not_found", `The recorded run has no step at "${path}".`, { path })
  const asked = await askedOperation(step, side, request.operation)
  const event = eventOf(side.recording.source, asked.seq, "operation.completed").data
  const recorded = await recordedAnswer(event, side, asked.request)
  const context = contextOf(host, step, asked.attempt)
  const ask = async (model: string): Promise<CounterAnswer> => {
    const options = { signal: host.signal, loadMedia: host.loadMedia }
    // A route that is a model's name is that model and no other: who fails here must not be helped by a fallback.
    const outcome = await host.models.operate(asked.request, { ...context, route: model }, options)
    await host.onOutcome(model, outcome)
    return { asked: model, ...againstRecorded(answerOf(outcome, asked.request), recorded) }
  }
  return {
    path,
    attempt: asked.attempt,
    operation: asked.operation,
    request: toJson(asked.request),
    recorded,
    answers: await Promise.all(models.map(ask)),
  }
}

async function askedOperation(step: RecordedStep, side: Side, wanted = 0) {
  const attempt = step.attempts.findLastIndex(({ operations }) => operations.has(wanted))
  const seq = step.attempts[attempt]?.operations.get(wanted)
  if (seq === undefined) throw noOperation(step, side, wanted)
  const requests = await requestsOf(step, side)
  const request = requests.find((one) => one.attempt === attempt + 1 && one.operation === wanted)?.request
  // What was logged as an operation is one.
  return { seq, attempt: attempt + 1, operation: wanted, request: request as unknown as Operation }
}

/** Most steps that are named in the place of one that asked nobody itself. */
const MAX_NAMED = 5

function noOperation({ path }: RecordedStep, { recording }: Side, wanted: number): WaybillError {
  const inside = [...recording.steps.values()]
    .filter((step) => holds(path, step.path) && step.attempts.some(({ operations }) => operations.size > 0))
    .map((step) => step.path)
  const some = inside.slice(0, MAX_NAMED).join(", ")
  const rest = inside.length > MAX_NAMED ? ` and ${inside.length - MAX_NAMED} more` : ""
  const instead = inside.length === 0 ? "" : ` Steps inside it have: ${some}${rest}.`
  const message = `${path}: the recording has no operation ${wanted} of this step.${instead}`
  return new WaybillError("no_operation", message, { path })
}

function contextOf({ side, kindName }: CounterfactualHost, { path }: RecordedStep, attempt: number): OperationContext {
  const { runId, workflow, tenant, user, region, tags } = side.recording.header
  return {
    runId,
    workflow,
    step: { path, ...kindName(path), failures: 0, attempt },
    tenant,
    tags,
    ...(user ? { user } : {}),
    ...(region === undefined ? {} : { region }),
  }
}

async function recordedAnswer(
  data: Parameters<typeof resultOf>[0],
  side: Side,
  operation: Operation,
): Promise<CounterAnswer> {
  const { record, error } = data
  if (!error) return { ...measures(record), status: "succeeded", ...outputOf(await resultOf(data, side.blobs)) }
  const failureClass = error.details?.failureClass
  return failed(record, error, typeof failureClass === "string" ? failureClass : undefined, operation)
}

function answerOf(outcome: OperationOutcome, operation: Operation): CounterAnswer {
  const { record } = outcome
  if (outcome.status === "succeeded") return { ...measures(record), status: "succeeded", ...outputOf(outcome.result) }
  return failed(record, outcome.error, outcome.failure.class, operation)
}

function failed(
  record: OperationRecord,
  { code, message }: ErrorData,
  failureClass: string | undefined,
  operation: Operation,
): CounterAnswer {
  const wasAnswered =
    operation.type === "generate" && operation.output !== undefined && failureClass?.startsWith("output.")
  return {
    ...measures(record),
    status: "failed",
    error: { code, message },
    ...(failureClass === undefined ? {} : { failureClass }),
    ...(wasAnswered ? { fitsSchema: false } : {}),
  }
}

function measures(record: OperationRecord): Pick<CounterAnswer, "model" | "latencyMs" | "costNanoUsd" | "usage"> {
  const model = servedBy(record)
  const { durationMs: latencyMs, costNanoUsd, usage } = record
  return { ...(model === undefined ? {} : { model }), latencyMs, costNanoUsd, usage }
}

function outputOf(result: OperationResult): Pick<CounterAnswer, "output" | "fitsSchema"> {
  if (result.type !== "generate") {
    const { type: _type, ...rest } = result
    return { output: toJson(rest) }
  }
  // A result with a value was held against the schema before it was given.
  if (result.value !== undefined) return { output: result.value, fitsSchema: true }
  return {
    output: result.toolCalls.length > 0 ? toJson({ text: result.text, toolCalls: result.toolCalls }) : result.text,
  }
}

function againstRecorded(answer: CounterAnswer, recorded: CounterAnswer): CounterAnswer {
  if (answer.output === undefined || recorded.output === undefined) return answer
  return { ...answer, changes: diffJson(recorded.output, answer.output) }
}
