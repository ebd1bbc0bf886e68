/**
 * The operation that the gateway benches ask, and the routing that it goes through: a prompt of usual length with personal
 * data in it, an answer with a schema, rules, redaction, a price. `bareCall` asks the same of the provider's package alone.
 */
import type { LanguageModelV4, LanguageModelV4CallOptions } from "@ai-sdk/provider"
import type { OperationContext } from "../src/model/client.ts"
import { type GenerateOperation, operationDigest } from "../src/model/operation.ts"
import { defineRouting } from "../src/routing/define.ts"

export const MODEL = "gpt-5-nano"
export const PROMPT = `A customer writes: "I was charged twice for the Pro plan on 2026-11-03 (invoice A-10293, $49.00). ${"Please look into it, this is the second time that it happens and nobody has answered my mails so far. ".repeat(15)}Write me at jane.doe@example.com or call +49 171 2345678; the card is 4111 1111 1111 1111."`
export const ANSWER = JSON.stringify({
  action: "refund",
  amountUsd: 49,
  reason: "Charged twice; tell [[EMAIL_1]].",
})

const SYSTEM = "Decide what to do. Answer in JSON."
const SCHEMA = {
  type: "object",
  properties: {
    action: { enum: ["refund", "answer", "escalate"] },
    amountUsd: { type: "number" },
    reason: { type: "string" },
  },
  required: ["action", "amountUsd", "reason"],
  additionalProperties: false,
} as const

const OPERATION: GenerateOperation = {
  type: "generate",
  messages: [
    { role: "system", content: SYSTEM },
    { role: "user", content: [{ type: "text", text: PROMPT }] },
  ],
  output: { name: "decision", schema: SCHEMA },
  maxOutputTokens: 500,
}

/** A new object each time, as a step makes one. Its digest is taken by the run before it asks, so that is not timed. */
export function nextOperation(): GenerateOperation {
  const operation = { ...OPERATION }
  operationDigest(operation)
  return operation
}

export const CONTEXT: OperationContext = {
  runId: "run_bench",
  workflow: "support",
  step: { path: "decision", name: "decision", kind: "plan", failures: 0, attempt: 1 },
  tenant: { id: "acme", plan: "pro" },
  user: { id: "u1" },
  tags: ["bench"],
}
export const OPTIONS = { signal: new AbortController().signal, loadMedia: async () => new Uint8Array() }

export const routing = defineRouting({
  models: { first: { model: `openai-compatible/${MODEL}`, price: { input: 0.05, output: 0.4 } } },
  routes: { plan: { try: ["openai/gpt-5-nano", "first", "anthropic/claude-opus-5"] } },
  rules: [
    { when: { "run.region": { $ne: null } }, require: { region: "{run.region}" } },
    { when: { "tenant.plan": "free" }, use: "first" },
  ],
  redact: [
    { detect: ["secret", "email", "phone", "card", "iban"], mode: "token" },
    { detect: ["private-key"], mode: "block" },
  ],
})

const CALL: LanguageModelV4CallOptions = {
  prompt: [
    { role: "system", content: SYSTEM },
    { role: "user", content: [{ type: "text", text: PROMPT }] },
  ],
  maxOutputTokens: 500,
}

/** The floor: the package alone, its answer parsed. */
export async function bareCall(model: LanguageModelV4): Promise<void> {
  const { content } = await model.doGenerate(CALL)
  const [part] = content
  JSON.parse(part?.type === "text" ? part.text : "null")
}
