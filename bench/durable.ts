/**
 * What a durable step costs, as a ratio to the least that it could cost: a bare Durable Object that makes the same call and
 * writes one row, in the same server and the same minute, in turn with what is measured.
 *
 *   node bench/durable.ts [--runtime plain|dev|both] [--rounds 5] [--json]
 */
import { parseArgs } from "node:util"
import { type BenchServer, type Runtime, startServer } from "./server.ts"
import { type Stub, startStub } from "./stub.ts"
import type { BareCalls } from "./worker/bare-object.ts"

const { values } = parseArgs({
  options: {
    runtime: { type: "string", default: "both" },
    rounds: { type: "string", default: "5" },
    json: { type: "boolean", default: false },
  },
})

interface Figure {
  readonly runtime: Runtime
  readonly what: string
  readonly waybill: number
  readonly floor: number
  readonly unit: string
  readonly ratio: number
  readonly goal: string
}

const rounds = Number(values.rounds)
const THROUGHPUT_ROUNDS = 3
const stub = await startStub()
const figures: Figure[] = []
for (const runtime of values.runtime === "both" ? (["plain", "dev"] as const) : [values.runtime as Runtime]) {
  const server = await startServer(runtime, { STUB_URL: stub.url, OPENAI_COMPATIBLE_BASE_URL: `${stub.url}/v1` })
  try {
    await measure(runtime, server, stub)
  } finally {
    await server.stop()
  }
}
stub.close()
if (values.json) console.log(JSON.stringify(figures))

async function measure(runtime: Runtime, { url }: BenchServer, { nextCall }: Stub): Promise<void> {
  const bare = (steps: number, calls: BareCalls) =>
    post(`${url}/bare?id=${crypto.randomUUID()}&steps=${steps}&calls=${calls}`)
  const run = (workflow: string) => post(`${url}/v1/workflows/${workflow}/runs?wait=60`, { input: {} })
  for (let index = 0; index < 5; index += 1)
    await Promise.all([bare(20, "fetch"), bare(20, "package"), run("models-20"), run("tools-20"), run("code-20")])

  const step = (steps: number, kind: "models" | "tools" | "code", calls: BareCalls) =>
    paired(
      () => run(`${kind}-${steps}`),
      () => bare(steps, calls),
      steps,
    )
  report(runtime, "tool step with a call", await step(100, "tools", "fetch"), "ms a step", "≤ 1.5")
  report(runtime, "model step with a call", await step(100, "models", "fetch"), "ms a step", "(+ gateway)")
  report(runtime, "the same, floor with the package", await step(100, "models", "package"), "ms a step", "(+ gateway)")
  report(runtime, "step without a call", await step(100, "code", "none"), "ms a step", "≤ 1.5")

  const lengths = [10, 100, 1_000] as const
  const byLength = new Map<number, { left: number; right: number }>()
  for (const steps of lengths) byLength.set(steps, await step(steps, "models", "package"))
  const hundred = byLength.get(100) ?? { left: Number.NaN, right: Number.NaN }
  for (const [steps, { left, right }] of byLength) {
    report(runtime, `step in a run of ${steps}`, { left, right: hundred.left }, "ms a step", "0.8–1.2 of 100")
    report(runtime, "  the floor's own", { left: right, right: hundred.right }, "ms a step", "(a run begins too)")
  }

  const first = await median(async () => {
    const arrived = nextCall()
    const startedMs = performance.now()
    const answered = run("models-1")
    const atMs = (await arrived) - startedMs
    await answered
    return atMs
  })
  const bareFirst = await median(async () => {
    const arrived = nextCall()
    const startedMs = performance.now()
    const answered = bare(1, "fetch")
    const atMs = (await arrived) - startedMs
    await answered
    return atMs
  })
  report(runtime, "POST to first request", { left: first, right: bareFirst }, "ms", "≤ 10 ms")

  const rates = { waybill: [] as number[], floor: [] as number[], withPackage: [] as number[] }
  for (let round = 0; round < THROUGHPUT_ROUNDS; round += 1) {
    rates.waybill.push(await throughput(() => run("models-20")))
    rates.floor.push(await throughput(() => bare(20, "fetch")))
    rates.withPackage.push(await throughput(() => bare(20, "package")))
  }
  const left = middle(rates.waybill)
  report(runtime, "200 runs of 20 steps, 16 at once", { left, right: middle(rates.floor) }, "runs/s", "≥ 0.7")
  report(runtime, "the same, floor with the package", { left, right: middle(rates.withPackage) }, "runs/s", "")
}

/** Medians per step of the two, measured in turn so that both meet the same machine. */
async function paired(left: () => Promise<void>, right: () => Promise<void>, steps: number) {
  const times = { left: [] as number[], right: [] as number[] }
  for (let round = 0; round < rounds; round += 1) {
    times.left.push((await timed(left)) / steps)
    times.right.push((await timed(right)) / steps)
  }
  return { left: middle(times.left), right: middle(times.right) }
}

async function median(sample: () => Promise<number>): Promise<number> {
  const samples: number[] = []
  for (let round = 0; round < rounds * 4; round += 1) samples.push(await sample())
  return middle(samples)
}

async function throughput(one: () => Promise<void>): Promise<number> {
  const runs = 200
  let next = 0
  const lane = async () => {
    while (next < runs) {
      next += 1
      await one()
    }
  }
  const elapsedMs = await timed(async () => void (await Promise.all(Array.from({ length: 16 }, lane))))
  return (runs / elapsedMs) * 1_000
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedMs = performance.now()
  await work()
  return performance.now() - startedMs
}

async function post(url: string, body?: object): Promise<void> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  const answer = (await response.json()) as { readonly status?: string; readonly steps?: unknown }
  if (!response.ok || (answer.status !== undefined && answer.status !== "succeeded"))
    throw new Error(`${url}: ${response.status} ${JSON.stringify(answer).slice(0, 500)}`)
}

function middle(samples: readonly number[]): number {
  return [...samples].sort((one, other) => one - other)[Math.floor(samples.length / 2)] ?? Number.NaN
}

function report(
  runtime: Runtime,
  what: string,
  { left, right }: { readonly left: number; readonly right: number },
  unit: string,
  goal: string,
): void {
  const figure = { runtime, what, waybill: left, floor: right, unit, ratio: left / right, goal }
  figures.push(figure)
  if (!values.json)
    console.log(
      `${runtime.padEnd(6)}${what.padEnd(36)}${left.toFixed(2).padStart(9)} against ${right.toFixed(2).padStart(8)} ${unit.padEnd(10)} ratio ${figure.ratio.toFixed(2).padStart(5)}   goal ${goal}`,
    )
}
