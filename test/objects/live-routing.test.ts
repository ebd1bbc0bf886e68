/** How an isolate keeps up with the routing in force: against a control object in memory, by a clock that is moved by hand. */
import { describe, expect, it } from "vitest"
import { type Health, memoryHealth } from "../../src/gateway/health.ts"
import { type FakeClock, fakeClock } from "../../src/lib/fake-clock.ts"
import type { Known, News } from "../../src/objects/control-rpc.ts"
import { LiveRouting, PATIENCE_MS, REFRESH_MS, STALE_MS } from "../../src/objects/live-routing.ts"
import { RoutingVersions } from "../../src/objects/routing-versions.ts"
import { SharedHealth } from "../../src/objects/shared-health.ts"
import { compileRouting } from "../../src/routing/compile.ts"
import { openNodeSqlite } from "../../src/store/node-sqlite.ts"

const routingOf = (model: string) => compileRouting({ routes: { plan: { try: [`openai/${model}`] } } })
const shipped = routingOf("shipped")
const BREAKER = { failures: 1, cooldownMs: 60_000 }

interface Isolate {
  readonly live: LiveRouting
  readonly health: Health
}

/** A control object with its clock, and isolates that reach it; `asked` is what they told it. */
function deployment() {
  const clock = fakeClock()
  const versions = new RoutingVersions(openNodeSqlite())
  let health = new SharedHealth("one")
  const asked: Known[] = []
  let answer: "at once" | "never" | "refuses" = "at once"
  const exchange = async (known: Known): Promise<News> => {
    asked.push(known)
    if (answer === "never") return new Promise(() => {})
    if (answer === "refuses") throw new Error("gone")
    const news = health.since(known.heard)
    health.report(known.health)
    const { live } = versions
    const routing = (live?.version ?? null) === known.version ? {} : { routing: live }
    return { ...routing, health: news, heard: health.mark }
  }
  return {
    clock,
    versions,
    asked,
    answers: (how: typeof answer) => {
      answer = how
    },
    forgets: () => {
      health = new SharedHealth("two")
    },
    isolate: (): Isolate => {
      const own = memoryHealth(clock)
      return { live: new LiveRouting({ shipped, control: () => ({ exchange }), health: own, clock }), health: own }
    },
  }
}

/** Everything that needs no time has happened. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

function put(versions: RoutingVersions, model: string, clock: FakeClock): string {
  const routing = routingOf(model)
  versions.put(routing, shipped, clock.nowMs())
  return routing.version
}

describe("the routing in an isolate", () => {
  it("[SWAP4] is asked about in the background while operations are made, and nobody waits for it", async () => {
    const { clock, versions, isolate, asked } = deployment()
    const { live } = isolate()
    await live.freshen()
    const version = put(versions, "second", clock)
    clock.tick(REFRESH_MS - 1)
    expect(live.freshen()).toBeUndefined()
    expect(asked).toHaveLength(1)
    clock.tick(1)
    expect([live.freshen(), live.freshen(), live.freshen()]).toEqual([undefined, undefined, undefined])
    expect(asked).toHaveLength(2)
    await settled()
    expect(live.current.version).toBe(version)
  })

  it("[SWAP4] is waited for when the isolate was idle: an operation a second after a change is decided by it", async () => {
    const { clock, versions, isolate } = deployment()
    const { live } = isolate()
    await live.freshen()
    const version = put(versions, "second", clock)
    clock.tick(STALE_MS)
    await live.freshen()
    expect(live.current.version).toBe(version)
    versions.rollback(shipped.version, shipped, clock.nowMs())
    clock.tick(STALE_MS)
    await live.freshen()
    expect(live.current).toBe(shipped)
  })

  it("[SWAP8] stays what it was while the control object does not answer, and holds operations up once at most", async () => {
    const { clock, versions, isolate, answers } = deployment()
    const { live } = isolate()
    await live.freshen()
    const version = put(versions, "second", clock)
    answers("never")
    clock.tick(STALE_MS)
    const waiting = live.freshen()
    expect(waiting).toBeInstanceOf(Promise)
    clock.tick(PATIENCE_MS)
    await waiting
    expect(live.current).toBe(shipped)
    clock.tick(STALE_MS)
    expect(live.freshen()).toBeUndefined()
    answers("refuses")
    clock.tick(REFRESH_MS)
    expect(live.freshen()).toBeUndefined()
    await settled()
    answers("at once")
    clock.tick(REFRESH_MS)
    expect(live.freshen()).toBeUndefined()
    await settled()
    expect(live.current.version).toBe(version)
  })

  it("is not taken back by an answer that a change made here has overtaken", async () => {
    const { clock, versions, isolate } = deployment()
    const { live } = isolate()
    const asking = live.freshen()
    const version = put(versions, "second", clock)
    live.adopt(routingOf("second"))
    await asking
    expect(live.current.version).toBe(version)
  })

  it("survives its isolate and the control object", () => {
    const { clock } = deployment()
    const sql = openNodeSqlite()
    const version = put(new RoutingVersions(sql), "second", clock)
    expect(new RoutingVersions(sql).live).toMatchObject({ version, source: routingOf("second").source })
    expect(new RoutingVersions(sql).list(10)).toMatchObject([{ origin: "put" }, { origin: "shipped" }])
  })
})

describe("the health in an isolate", () => {
  it("[SWAP6] is told at once when a breaker opens, once, and heard by the others with their next question", async () => {
    const { clock, isolate, asked } = deployment()
    const [here, there] = [isolate(), isolate()]
    await here.live.freshen()
    await there.live.freshen()
    here.health.failed("openai/m", BREAKER)
    here.live.report()
    await settled()
    here.live.report()
    expect(asked).toHaveLength(3)
    expect(Object.keys(asked[2]?.health ?? {})).toEqual(["openai/m"])
    clock.tick(REFRESH_MS)
    there.live.freshen()
    await settled()
    expect(there.health.of("openai/m").openUntilMs).toBe(here.health.of("openai/m").openUntilMs)
    // What was heard from others is not told back.
    clock.tick(REFRESH_MS)
    there.live.freshen()
    expect(asked.at(-1)?.health).toEqual({})
  })

  it("is told anew to a control object that lost its memory", async () => {
    const { clock, isolate, forgets } = deployment()
    const [here, late] = [isolate(), isolate()]
    here.health.failed("openai/m", BREAKER)
    await here.live.freshen()
    forgets()
    for (let turn = 0; turn < 2; turn += 1) {
      clock.tick(STALE_MS)
      await here.live.freshen()
    }
    await late.live.freshen()
    expect(late.health.of("openai/m").openUntilMs).toBeDefined()
  })
})
