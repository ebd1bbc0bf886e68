/** One operation of a step as the doors show it: how its model was chosen, every attempt, what it cost. */
import { z } from "zod"
import type { Failure } from "../model/failure.ts"
import type { Attempt, CandidateVerdict, Decision } from "../model/record.ts"
import type { Usage } from "../model/result.ts"
import type { EventOf } from "../run/event.ts"
import { ErrorView, errorView } from "./problem.ts"
import { costView } from "./run-view.ts"
import { anyJson, Cost, named } from "./wire.ts"

/** The members of `Shape`, every one of them: a schema that forgets a member of what the log holds does not compile. */
type Members<Shape> = Record<keyof Shape, z.ZodType>

export const UsageView: z.ZodType<Usage> = named(
  "Usage",
  z.object({
    inputTokens: z.int(),
    outputTokens: z.int(),
    cacheReadTokens: z.int(),
    cacheWriteTokens: z.int(),
    reasoningTokens: z.int(),
    cacheWrite1hTokens: z.int().exactOptional(),
    audioMs: z.number().exactOptional(),
  } satisfies Members<Usage>),
)

const Candidate: z.ZodType<CandidateVerdict> = z.object({
  provider: z.string(),
  model: z.string(),
  verdict: z.enum(["served", "failed", "skipped", "spare"]),
  reason: z.string(),
} satisfies Members<CandidateVerdict>)

export const DecisionView: z.ZodType<Decision> = named(
  "Decision",
  z.object({
    routingVersion: z.string(),
    route: z.string(),
    reason: z.string().meta({ description: "Which model, and why not the ones before it." }),
    candidates: z.array(Candidate).readonly(),
    rules: z.array(z.string()).readonly(),
    experiment: z.object({ name: z.string(), arm: z.string(), key: z.string() }).exactOptional(),
    facts: anyJson.exactOptional().meta({ description: "What the decision was made from." }),
  } satisfies Members<Decision>),
)

const FailureView = z.object({
  class: z.string(),
  message: z.string(),
  status: z.int().exactOptional(),
  providerCode: z.string().exactOptional(),
  retryAfterMs: z.number().exactOptional(),
} satisfies Members<Failure>)

export const AttemptView = named(
  "Attempt",
  z.object({
    attempt: z.int(),
    provider: z.string(),
    model: z.string(),
    startedAtMs: z.number(),
    durationMs: z.number(),
    firstTokenMs: z.number().exactOptional(),
    waitedMs: z.number(),
    outcome: z.enum(["succeeded", "failed", "aborted"]),
    failure: FailureView.exactOptional(),
    finishReason: z.object({ unified: z.string(), raw: z.string().exactOptional() }).exactOptional(),
    answer: z
      .string()
      .exactOptional()
      .meta({ description: "What the model said, where it could not be used: as it came, a long one cut." }),
    usage: UsageView,
    costNanoUsd: z.int(),
    priced: z.boolean(),
    status: z.int().exactOptional(),
    requestId: z.string().exactOptional(),
    responseId: z.string().exactOptional(),
    responseModel: z.string().exactOptional(),
    gateway: z.record(z.string(), z.string()).exactOptional(),
    region: z.string().exactOptional(),
    purpose: z.string().exactOptional().meta({ description: "`reask`, `hedge` or `instruct`; else it was to answer." }),
    repaired: z.literal(true).exactOptional().meta({ description: "The answer was mended without asking again." }),
    estimated: z.literal(true).exactOptional().meta({ description: "The usage is our estimate." }),
    cached: z.literal(true).exactOptional().meta({ description: "AI Gateway answered out of its cache, for nothing." }),
    key: z.int().exactOptional().meta({ description: "Which of the provider's keys, 1-based." }),
  } satisfies Members<Attempt>),
)

export const OperationView = named(
  "Operation",
  z.object({
    seq: z.int().meta({ description: "The event that holds request and response." }),
    stepAttempt: z.int(),
    index: z.int(),
    type: z.enum(["generate", "embed", "moderate", "transcribe"]),
    model: z.string().exactOptional().meta({ description: "`provider/model` that answered." }),
    method: z.string().exactOptional().meta({ description: "How a model that is no language model answered." }),
    decision: DecisionView,
    attempts: z.array(AttemptView).readonly(),
    usage: UsageView,
    cost: Cost,
    startedAtMs: z.number(),
    durationMs: z.number(),
    cache: z.enum(["hit", "miss"]).exactOptional(),
    redactions: z.int().exactOptional(),
    replayed: z.boolean().exactOptional(),
    error: ErrorView.exactOptional(),
  }),
)
export type OperationView = z.infer<typeof OperationView>

export function operationView(event: EventOf<"operation.completed">): OperationView {
  const { index, record, response, error, replayed } = event.data
  const { type, decision, attempts, usage, startedAtMs, durationMs, cache, redactions } = record
  const model = error ? undefined : servedBy(decision, attempts)
  const method = response && "method" in response ? response.method : undefined
  return {
    seq: event.seq,
    stepAttempt: event.attempt,
    index,
    type,
    ...(model === undefined ? {} : { model }),
    ...(method === undefined ? {} : { method }),
    decision,
    attempts,
    usage,
    cost: costView(replayed ? 0 : record.costNanoUsd),
    startedAtMs,
    durationMs,
    ...(cache === undefined ? {} : { cache }),
    ...(redactions === undefined ? {} : { redactions }),
    ...(replayed === undefined ? {} : { replayed }),
    ...(error ? { error: errorView(error) } : {}),
  }
}

/** Who answered: the candidate that served, or the last that was called. */
function servedBy(decision: Decision, attempts: readonly Attempt[]): string | undefined {
  const by = decision.candidates.find(({ verdict }) => verdict === "served") ?? attempts.at(-1)
  return by && `${by.provider}/${by.model}`
}
