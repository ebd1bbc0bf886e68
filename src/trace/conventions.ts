/**
 * Every name that telemetry is written under, in one place, because the GenAI conventions still move. Two editions are
 * spoken: v1.41, which most backends read, and the latest, asked for as OpenTelemetry says: with
 * `OTEL_SEMCONV_STABILITY_OPT_IN=gen_ai_latest_experimental`. What the conventions have no word for is under `waybill.`.
 */
import type { Operation } from "../model/operation.ts"
import type { Usage } from "../model/result.ts"
import { type Attributes, double } from "./otlp.ts"

export type Conventions = "v1.41" | "latest"

/** The edition that `OTEL_SEMCONV_STABILITY_OPT_IN` (a comma-separated list) asks for. */
export function conventionsFrom(optIn: string | undefined): Conventions {
  const asked = (optIn ?? "").split(",").map((item) => item.trim())
  return asked.includes("gen_ai_latest_experimental") ? "latest" : "v1.41"
}

export const SCHEMA_URL: Readonly<Record<Conventions, string>> = {
  "v1.41": "https://opentelemetry.io/schemas/1.41.0",
  latest: "https://opentelemetry.io/schemas/gen-ai/1.42.0",
}

/** Names of the conventions that both editions share. */
export const GEN_AI = {
  operation: "gen_ai.operation.name",
  provider: "gen_ai.provider.name",
  workflow: "gen_ai.workflow.name",
  agent: "gen_ai.agent.name",
  outputType: "gen_ai.output.type",
  requestModel: "gen_ai.request.model",
  maxTokens: "gen_ai.request.max_tokens",
  temperature: "gen_ai.request.temperature",
  stream: "gen_ai.request.stream",
  responseId: "gen_ai.response.id",
  responseModel: "gen_ai.response.model",
  finishReasons: "gen_ai.response.finish_reasons",
  timeToFirstChunk: "gen_ai.response.time_to_first_chunk",
  dimensions: "gen_ai.embeddings.dimension.count",
  toolName: "gen_ai.tool.name",
  toolType: "gen_ai.tool.type",
  toolArguments: "gen_ai.tool.call.arguments",
  toolResult: "gen_ai.tool.call.result",
  toolDefinitions: "gen_ai.tool.definitions",
  systemInstructions: "gen_ai.system_instructions",
  inputMessages: "gen_ai.input.messages",
  outputMessages: "gen_ai.output.messages",
  errorType: "error.type",
  httpStatus: "http.response.status_code",
  responseHeader: "http.response.header",
  userId: "user.id",
} as const

/** Ours. */
export const WAYBILL = {
  runId: "waybill.run.id",
  runStatus: "waybill.run.status",
  workflowVersion: "waybill.workflow.version",
  tenant: "waybill.tenant.id",
  region: "waybill.run.region",
  tags: "waybill.run.tags",
  link: "waybill.link",
  inProgress: "waybill.in_progress",
  stepPath: "waybill.step.path",
  stepKind: "waybill.step.kind",
  stepAttempt: "waybill.step.attempt",
  stepStatus: "waybill.step.status",
  stepNote: "waybill.step.note",
  effect: "waybill.tool.effect",
  operationIndex: "waybill.operation.index",
  operationType: "waybill.operation.type",
  requestDigest: "waybill.operation.request_digest",
  replayed: "waybill.operation.replayed",
  cache: "waybill.operation.cache",
  redactions: "waybill.redaction.count",
  route: "waybill.route",
  routeVersion: "waybill.route.version",
  decisionReason: "waybill.decision.reason",
  candidates: "waybill.decision.candidates",
  skipped: "waybill.decision.skipped",
  rules: "waybill.decision.rules",
  experiment: "waybill.experiment.name",
  arm: "waybill.experiment.arm",
  attempt: "waybill.attempt.index",
  attemptOf: "waybill.attempt.of",
  attemptOutcome: "waybill.attempt.outcome",
  waitedMs: "waybill.attempt.waited_ms",
  purpose: "waybill.attempt.purpose",
  repaired: "waybill.attempt.repaired",
  residency: "waybill.residency",
  providerCode: "waybill.provider.error_code",
  providerRequestId: "waybill.provider.request_id",
  costNanoUsd: "waybill.cost.nano_usd",
  unpriced: "waybill.cost.unpriced",
  estimated: "waybill.usage.estimated",
  method: "waybill.response.method",
} as const

/** Our provider ids where the conventions have another word; the others are the same or unknown to them. */
const PROVIDER_NAMES: Readonly<Record<string, string>> = {
  azure: "azure.ai.openai",
  bedrock: "aws.bedrock",
  google: "gcp.gemini",
  "google-vertex": "gcp.vertex_ai",
  mistral: "mistral_ai",
  moonshot: "moonshot_ai",
  xai: "x_ai",
}

export function providerName(provider: string): string {
  return PROVIDER_NAMES[provider] ?? provider
}

/** `gen_ai.operation.name` of a call. v1.41 has no word for moderation, and neither has one for transcription. */
export function operationName(type: Operation["type"], conventions: Conventions): string {
  switch (type) {
    case "generate":
      return "chat"
    case "embed":
      return "embeddings"
    case "moderate":
      return conventions === "latest" ? "apply_guardrail" : "moderation"
    case "transcribe":
      return "transcription"
  }
}

/** Tokens of one call. The totals include their parts, as ours do. */
export function usageAttributes(usage: Usage, conventions: Conventions): Attributes {
  return {
    "gen_ai.usage.input_tokens": usage.inputTokens,
    "gen_ai.usage.output_tokens": usage.outputTokens,
    "gen_ai.usage.cache_read.input_tokens": usage.cacheReadTokens || undefined,
    // The latest edition renamed it; both are written until backends have followed.
    "gen_ai.usage.cache_creation.input_tokens": usage.cacheWriteTokens || undefined,
    "gen_ai.usage.cache_write.input_tokens": (conventions === "latest" && usage.cacheWriteTokens) || undefined,
    "gen_ai.usage.reasoning.output_tokens": usage.reasoningTokens || undefined,
  }
}

/** Cost of one call: the name most backends read today, or the one that is proposed. Exact only in `waybill.cost.nano_usd`. */
export function costAttributes(costNanoUsd: number, priced: boolean, conventions: Conventions): Attributes {
  if (!priced) return { [WAYBILL.unpriced]: true }
  const usd = double(costNanoUsd / 1e9)
  const named =
    conventions === "latest"
      ? { "gen_ai.usage.cost.amount": usd, "gen_ai.usage.cost.currency": "USD", "gen_ai.usage.cost.source": "local" }
      : { "gen_ai.usage.cost": usd }
  return { [WAYBILL.costNanoUsd]: costNanoUsd, ...named }
}

/** What a moderation said about one text, in the provider's own word; the conventions forbid us to draw a verdict from it. */
export const GUARDRAIL_RESULT = "gen_ai.guardrail.result"
export function guardrailAttributes(component: string, flagged: boolean): Attributes {
  return {
    "gen_ai.guardrail.component.name": component,
    "gen_ai.guardrail.result.type": "flagged",
    "gen_ai.guardrail.result.value": String(flagged),
  }
}
