/**
 * What the gateway adds to one operation inside workerd, with redaction, records and cost on: its case asked many times in
 * a row of a stub on loopback, by the provider's package alone and through the gateway, in turn; and by the package through
 * another gateway in front of the same stub. Timed where it shows from outside and nothing stands still: as the time from
 * one request's arrival at the stub to the next one's.
 *
 *   node bench/gateway-worker.ts [--rounds 40] [--json]
 */
import { parseArgs } from "node:util"
import { ANSWER } from "./gateway-case.ts"
import { startPeer } from "./peer.ts"
import { startServer } from "./server.ts"
import { startStub } from "./stub.ts"

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "40" }, json: { type: "boolean", default: false } },
})

/** Operations of one way in a row; the ways take turns, so that all meet the same machine. */
const ROUND = 50
const GOALS = { p50: 0.2, p99: 1 } as const

const stub = await startStub(ANSWER)
const target = `${stub.url}/v1`
const peer = await startPeer()
const server = await startServer("plain", { STUB_URL: stub.url, OPENAI_COMPATIBLE_BASE_URL: target })

const BARE = "the package alone"
const ways = new Map<string, Record<string, string>>([
  [BARE, { baseURL: target }],
  ["Waybill's gateway", {}],
  ...(peer ? ([[peer.name, { baseURL: peer.baseURL, headers: JSON.stringify(peer.headers(target)) }]] as const) : []),
])

/** Milliseconds from request to request. The first of a round has none before it. */
async function round(way: Readonly<Record<string, string>>): Promise<readonly number[]> {
  stub.takeArrivals()
  const query = new URLSearchParams({ ...way, count: String(ROUND + 1) })
  const answer = await fetch(`${server.url}/gateway?${query}`)
  if (!answer.ok) throw new Error(`${answer.status} ${(await answer.text()).slice(0, 500)}`)
  const arrivals = stub.takeArrivals()
  return arrivals.slice(1).map((atMs, index) => atMs - (arrivals[index] ?? atMs))
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

try {
  for (const way of ways.values()) for (let index = 0; index < 4; index += 1) await round(way)
  const samples = new Map([...ways.keys()].map((name) => [name, [] as number[]]))
  for (let index = 0; index < Number(values.rounds); index += 1)
    for (const [name, way] of ways) samples.get(name)?.push(...(await round(way)))
  const figures = [...samples].map(([name, list]) => {
    const sorted = list.sort((one, other) => one - other)
    return { name, operations: list.length, p50Ms: percentile(sorted, 0.5), p99Ms: percentile(sorted, 0.99) }
  })
  const floor = figures[0]
  if (values.json) console.log(JSON.stringify(figures))
  else if (floor) {
    console.log(`${floor.operations} operations each, in workerd`)
    for (const { name, p50Ms, p99Ms } of figures) {
      const added = `${(p50Ms - floor.p50Ms).toFixed(3)} ms added at p50, ${(p99Ms - floor.p99Ms).toFixed(3)} ms at p99`
      console.log(
        `${name.padEnd(20)} p50 ${p50Ms.toFixed(3)} ms, p99 ${p99Ms.toFixed(3)} ms` +
          (name === BARE ? "   (the floor)" : `   ${(p50Ms / floor.p50Ms).toFixed(2)}×: ${added}`),
      )
    }
    console.log(`goal: at most ${GOALS.p50} ms added at p50, ${GOALS.p99} ms at p99`)
  }
} finally {
  await server.stop()
  peer?.stop()
  stub.close()
}
