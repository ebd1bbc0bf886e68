/**
 * What the gateway adds to one operation: routing, redaction, the decision record and the cost, measured against the bare
 * provider package that asks the same over the same stub in the same run. Goal: p50 below 0.2 ms, p99 below 1 ms added.
 *
 * Run: `node bench/gateway.ts [operations]`
 */
import { createOpenAICompatible } from "@ai-sdk/openai-compatible"
import { createGateway } from "../src/gateway/gateway.ts"
import { systemClock } from "../src/lib/clock.ts"
import { systemRandom } from "../src/lib/random.ts"
import type { GenerateOperation } from "../src/model/operation.ts"
import { PROVIDERS } from "../src/providers/index.ts"
import { ANSWER, bareCall, CONTEXT, MODEL, nextOperation, OPTIONS, PROMPT, routing } from "./gateway-case.ts"

const OPERATIONS = Number(process.argv[2] ?? 2_000)
const WARM_UP = 500
/** Interleaved in rounds, so that both see the same machine. */
const ROUND = 50

const BODY = JSON.stringify({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1,
  model: MODEL,
  choices: [{ index: 0, message: { role: "assistant", content: ANSWER }, finish_reason: "stop" }],
  usage: { prompt_tokens: 620, completion_tokens: 30, total_tokens: 650 },
})
const stub: typeof fetch = async () => new Response(BODY, { headers: { "content-type": "application/json" } })

const gateway = createGateway({
  routing: () => routing,
  providers: PROVIDERS,
  env: { OPENAI_COMPATIBLE_BASE_URL: "https://stub.test/v1", OPENAI_COMPATIBLE_API_KEY: "k" },
  fetch: stub,
  clock: systemClock,
  random: systemRandom,
})

const bareProvider = {
  name: "stub",
  baseURL: "https://stub.test/v1",
  fetch: stub,
  apiKey: "k",
  supportsStructuredOutputs: true,
}
const bareModel = createOpenAICompatible(bareProvider).languageModel(MODEL)

const bare = () => bareCall(bareModel)

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
