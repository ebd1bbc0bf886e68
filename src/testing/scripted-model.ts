/**
 * A model client that answers from a script instead of asking anybody: for tests of workflows and of the engine.
 * Its records look like a gateway's, with usage and a cost, so that everything folded from them works too.
 */
import { errorData, WaybillError } from "../lib/errors.ts"
import type { Json } from "../lib/json.ts"
import type { ModelClient, OperationContext } from "../model/client.ts"
import type { Failure } from "../model/failure.ts"
import { type Operation, operationDigest } from "../model/operation.ts"
import type { Attempt, OperationOutcome, OperationRecord } from "../model/record.ts"
import { NO_USAGE, type OperationResult } from "../model/result.ts"

/** What a script answers with: a value for a schema, text, tools to call, a whole result, or a failure. */
export type ScriptedAnswer =
  | { readonly value: Json }
  | { readonly text: string }
  | { readonly calls: readonly { readonly name: string; readonly input: Json; readonly id?: string }[] }
  | { readonly result: OperationResult }
  | {
      readonly failure: Failure
      /** What the model said, for a failure that is one of the answer. */
      readonly said?: string
    }

/** Works an answer out of the question. */
export type Answerer = (operation: Operation, context: OperationContext) => ScriptedAnswer | Promise<ScriptedAnswer>

/**
 * Answers by step path or step name (an agent's turns have the agent's name): one answer for every call, a list used up in
 * order (its last stays), or a function. Or one function for all.
 */
export type Script = Answerer | Readonly<Record<string, ScriptedAnswer | readonly ScriptedAnswer[] | Answerer>>

export interface ScriptedModel extends ModelClient {
  /** Every operation asked so far, in order. */
  readonly calls: readonly {
    readonly path: string
    readonly operation: Operation
    readonly context: OperationContext
  }[]
}

export interface ScriptedModelOptions {
  /** Cost of each answered operation, nano-dollars. Default 1,000. */
  readonly costNanoUsd?: number
  readonly nowMs?: () => number
}

export function scriptedModel(script: Script, options: ScriptedModelOptions = {}): ScriptedModel {
  const calls: { path: string; operation: Operation; context: OperationContext }[] = []
  const used = new Map<string, number>()
  return {
    calls,
    async operate(operation, context, { signal, onReject }) {
      if (signal.aborted) throw signal.reason
      calls.push({ path: context.step.path, operation, context })
      const key = typeof script === "function" || context.step.path in script ? context.step.path : context.step.name
      const planned = typeof script === "function" ? script : script[key]
      if (planned === undefined)
        throw new WaybillError("not_scripted", `The scripted model has no answer for ${context.step.path}.`, {
          path: context.step.path,
        })
      const turn = used.get(key) ?? 0
      used.set(key, turn + 1)
      const answer =
        typeof planned === "function"
          ? await planned(operation, context)
          : isList(planned)
            ? planned[Math.min(turn, planned.length - 1)]
            : planned
      if (!answer)
        throw new WaybillError("not_scripted", `The scripted model's list for ${key} is empty.`, { path: key })
      const outcome = outcomeOf(operation, answer, options)
      if (!signal.aborted) return outcome
      onReject?.(outcome.record)
      throw signal.reason
    },
  }
}

function isList(planned: ScriptedAnswer | readonly ScriptedAnswer[]): planned is readonly ScriptedAnswer[] {
  return Array.isArray(planned)
}

function outcomeOf(operation: Operation, answer: ScriptedAnswer, options: ScriptedModelOptions): OperationOutcome {
  const { costNanoUsd = 1_000, nowMs = () => 0 } = options
  const failure = "failure" in answer ? answer.failure : undefined
  const attempt: Attempt = {
    attempt: 1,
    provider: "scripted",
    model: "scripted",
    startedAtMs: nowMs(),
    durationMs: 0,
    waitedMs: 0,
    outcome: failure ? "failed" : "succeeded",
    ...(failure ? { failure } : {}),
    ...("said" in answer && answer.said !== undefined ? { answer: answer.said } : {}),
    usage: { ...NO_USAGE, inputTokens: 10, outputTokens: 5 },
    costNanoUsd: failure ? 0 : costNanoUsd,
    priced: true,
  }
  const record: OperationRecord = {
    type: operation.type,
    requestDigest: operationDigest(operation),
    startedAtMs: nowMs(),
    durationMs: 0,
    decision: {
      routingVersion: "scripted",
      route: "scripted",
      reason: "The scripted model answers everything.",
      candidates: [
        {
          provider: "scripted",
          model: "scripted",
          verdict: failure ? "failed" : "served",
          reason: failure?.class ?? "first",
        },
      ],
      rules: [],
    },
    attempts: [attempt],
    usage: attempt.usage,
    costNanoUsd: attempt.costNanoUsd,
  }
  if (failure) {
    const error = errorData(new WaybillError("operation_failed", failure.message, { failureClass: failure.class }))
    return { status: "failed", error, failure, record }
  }
  return { status: "succeeded", result: resultOf(answer), record }
}

function resultOf(answer: ScriptedAnswer): OperationResult {
  if ("result" in answer) return answer.result
  const text = "text" in answer ? answer.text : "value" in answer ? JSON.stringify(answer.value) : ""
  const calls = "calls" in answer ? answer.calls : []
  const toolCalls = calls.map(({ name, input, id }, index) => {
    return { type: "tool-call" as const, id: id ?? `call_${index}`, name, input }
  })
  return {
    type: "generate",
    text,
    ...("value" in answer ? { value: answer.value } : {}),
    toolCalls,
    reasoning: [],
    finishReason: { unified: toolCalls.length > 0 ? "tool-calls" : "stop" },
  }
}
