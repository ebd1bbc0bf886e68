/**
 * What the gateway adds to one operation: routing, redaction, the decision record and the cost, measured against the bare
 * provider package that asks the same over the same stub in the same run. Goal: p50 below 0.2 ms, p99 below 1 ms added.
 *
 * Run: `node bench/gateway.ts [operations]`
 */
import { createOpenAICompatible } from "@ai-sdk/openai-compatible"
import type { LanguageModelV4CallOptions } from "@ai-sdk/provider"
import { createGateway } from "../src/gateway/gateway.ts"
import { systemClock } from "../src/lib/clock.ts"
import { systemRandom } from "../src/lib/random.ts"
import type { OperationContext } from "../src/model/client.ts"
import { type GenerateOperation, operationDigest } from "../src/model/operation.ts"
import { PROVIDERS } from "../src/providers/index.ts"
import { defineRouting } from "../src/routing/define.ts"

const OPERATIONS = Number(process.argv[2] ?? 2_000)
const WARM_UP = 500
/** Interleaved in rounds, so that both see the same machine. */
const ROUND = 50

const PROMPT = `A customer writes: "I was charged twice for the Pro plan on 2026-11-03 (invoice A-10293, $49.00). ${"Please look into it, this is the second time that it happens and nobody has answered my mails so far. ".repeat(15)}Write me at jane.doe@example.com or call +49 171 2345678; the card is 4111 1111 1111 1111."`
const ANSWER = JSON.stringify({ action: "refund", amountUsd: 49, reason: "Charged twice; tell [[EMAIL_1]]." })
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

const BODY = JSON.stringify({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1,
  model: "gpt-5-nano",
  choices: [{ index: 0, message: { role: "assistant", content: ANSWER }, finish_reason: "stop" }],
  usage: { prompt_tokens: 620, completion_tokens: 30, total_tokens: 650 },
})
const stub: typeof fetch = async () => new Response(BODY, { headers: { "content-type": "application/json" } })

const SYSTEM = "Decide what to do. Answer in JSON."
const OPERATION: GenerateOperation = {
  type: "generate",
  messages: [
    { role: "system", content: SYSTEM },
    { role: "user", content: [{ type: "text", text: PROMPT }] },
  ],
  output: { name: "decision", schema: SCHEMA },
  maxOutputTokens: 500,
}
const CONTEXT: OperationContext = {
  runId: "run_bench",
  workflow: "support",
  step: { path: "decision", name: "decision", kind: "plan", failures: 0, attempt: 1 },
  tenant: { id: "acme", plan: "pro" },
  user: { id: "u1" },
  tags: ["bench"],
}
const OPTIONS = { signal: new AbortController().signal, loadMedia: async () => new Uint8Array() }

const routing = defineRouting({
  models: { first: { model: "openai-compatible/gpt-5-nano", price: { input: 0.05, output: 0.4 } } },
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
const gateway = createGateway({
  routing: () => routing,
  providers: PROVIDERS,
  env: { OPENAI_COMPATIBLE_BASE_URL: "https://stub.test/v1", OPENAI_COMPATIBLE_API_KEY: "k" },
  fetch: stub,
  clock: systemClock,
  random: systemRandom,
})

const bareCall: LanguageModelV4CallOptions = {
  prompt: [
    { role: "system", content: SYSTEM },
    { role: "user", content: [{ type: "text", text: PROMPT }] },
  ],
  maxOutputTokens: 500,
}

const bareProvider = {
  name: "stub",
  baseURL: "https://stub.test/v1",
  fetch: stub,
  apiKey: "k",
  supportsStructuredOutputs: true,
}
const bareModel = createOpenAICompatible(bareProvider).languageModel("gpt-5-nano")

/** The floor: the package alone, its answer parsed. */
async function bare(): Promise<void> {
  const { content } = await bareModel.doGenerate(bareCall)
  const [part] = content
  JSON.parse(part?.type === "text" ? part.text : "null")
}

/** A new object each time, as a step makes one. Its digest is taken by the run before it asks, so that is not timed here. */
function nextOperation(): GenerateOperation {
  const operation = { ...OPERATION }
  operationDigest(operation)
  return operation
}

async function through(operation: GenerateOperation): Promise<void> {
  const { status } = await gateway.operate(operation, CONTEXT, OPTIONS)
  if (status !== "succeeded") throw new Error("the bench's operation failed")
}

async function timed(
  work: (operation: GenerateOperation) => Promise<void>,
  into: number[],
  cpu: { ms: number },
): Promise<void> {
  const before = process.cpuUsage()
  for (let count = 0; count < ROUND; count += 1) {
    const operation = nextOperation()
    const startMs = performance.now()
    await work(operation)
    into.push(performance.now() - startMs)
  }
  const { user, system } = process.cpuUsage(before)
  cpu.ms += (user + system) / 1_000
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

for (let count = 0; count < WARM_UP; count += 1) {
  await bare()
  await through(nextOperation())
}
const floor: number[] = []
const full: number[] = []
const [floorCpu, fullCpu] = [{ ms: 0 }, { ms: 0 }]
for (let done = 0; done < OPERATIONS; done += ROUND) {
  await timed(bare, floor, floorCpu)
  await timed(through, full, fullCpu)
}
for (const list of [floor, full]) list.sort((left, right) => left - right)
const show = (name: string, share: number, goalMs: number) => {
  const [bareMs, fullMs] = [percentile(floor, share), percentile(full, share)]
  const verdict = fullMs - bareMs < goalMs ? "reached" : "MISSED"
  console.log(
    `${name}: ${fullMs.toFixed(3)} ms through the gateway, ${bareMs.toFixed(3)} ms bare: ` +
      `${(fullMs / bareMs).toFixed(2)}×, ${(fullMs - bareMs).toFixed(3)} ms added (goal ${goalMs} ms: ${verdict})`,
  )
}
console.log(`${full.length} operations, prompt of ${PROMPT.length} characters, redaction, record and cost on`)
show("p50", 0.5, 0.2)
show("p99", 0.99, 1)
const [bareCpuMs, fullCpuMs] = [floorCpu.ms / floor.length, fullCpu.ms / full.length]
console.log(
  `CPU per operation (of use where the machine is busy): ${fullCpuMs.toFixed(3)} ms, ${bareCpuMs.toFixed(3)} ms bare`,
)
