/** Where runs' objects live: on a platform that has jurisdictions, and on one that has not. */
import { describe, expect, it } from "vitest"
import { fakeClock } from "../../src/lib/fake-clock.ts"
import { isId, newId } from "../../src/lib/id.ts"
import { seededRandom } from "../../src/lib/random.ts"
import { jurisdictionOf, markFor, newRunId, placed } from "../../src/objects/jurisdiction.ts"
import { type Namespace, type Remote, reach } from "../../src/objects/remote.ts"

interface EchoRpc {
  where(): Promise<string>
}

/** A namespace whose objects say where they are. */
function namespace(place = "anywhere", jurisdiction?: Namespace<EchoRpc>["jurisdiction"]): Namespace<EchoRpc> {
  const remote = (name: string): Remote<EchoRpc> => ({
    call: async () => ({ value: `${place}/${name}` }),
    fetch: async () => new Response(),
  })
  return { getByName: remote, ...(jurisdiction ? { jurisdiction } : {}) }
}

const platform = namespace("anywhere", (name) => namespace(name))
const laptop = namespace("anywhere", () => {
  throw new Error("Jurisdiction restrictions are not implemented in workerd.")
})

const idFor = (runs: Namespace<EchoRpc>, region?: string) =>
  newRunId(markFor(runs, region), fakeClock(), seededRandom(1))

describe("a run with a region", () => {
  it("[LIVE9] has its object in that jurisdiction, and its id leads there", async () => {
    const runId = idFor(platform, "eu")
    expect(runId).toMatch(/^run_[0-9a-z]{26}-eu$/)
    expect(isId("run", runId)).toBe(true)
    expect(await reach(platform, runId).where()).toBe(`eu/${runId}`)
    expect(jurisdictionOf(platform, { runId, region: "eu" })).toEqual({ asked: "eu", applied: true })
  })

  it("[LIVE9] says why not where the platform has it not", async () => {
    const runId = idFor(laptop, "eu")
    expect(await reach(laptop, runId).where()).toBe(`anywhere/${runId}`)
    expect(jurisdictionOf(laptop, { runId, region: "eu" })).toEqual({
      asked: "eu",
      applied: false,
      reason: "Jurisdiction restrictions are not implemented in workerd.",
    })
    expect(jurisdictionOf(platform, { runId: idFor(platform, "ch"), region: "ch" })).toEqual({
      asked: "ch",
      applied: false,
      reason: 'The platform has no jurisdiction "ch".',
    })
  })

  it("says so when its id was there before its region", () => {
    expect(jurisdictionOf(platform, { runId: idFor(platform), region: "eu" })).toMatchObject({ applied: false })
  })

  it("says what is so of itself, not of the run that it was made of", () => {
    const made = { runId: idFor(platform, "eu"), region: "eu", jurisdiction: { asked: "eu", applied: false } }
    expect(placed(platform, made).jurisdiction).toEqual({ asked: "eu", applied: true })
    expect(placed(platform, { runId: idFor(platform) })).not.toHaveProperty("jurisdiction")
  })
})

describe("other runs, and other objects", () => {
  it("are where they always were", async () => {
    const runId = idFor(platform)
    expect(markFor(platform, undefined)).toBeUndefined()
    expect(await reach(platform, runId).where()).toBe(`anywhere/${runId}`)
    expect(await reach(platform, "acme-eu").where()).toBe("anywhere/acme-eu")
  })

  it("an id of a place that there is not is that of no run", () => {
    expect(() => reach(laptop, idFor(platform, "eu"))).toThrow(/There is no run/)
    expect(() => reach(platform, `${idFor(platform)}-mars`)).toThrow(/There is no run/)
  })

  it("sort by time, marked or not", () => {
    const at = (ms: number, mark?: string) => newRunId(mark, fakeClock(ms), seededRandom(ms))
    const ids = [at(1_000), at(2_000, "eu"), at(3_000), at(4_000, "us")]
    expect([...ids].sort()).toEqual(ids)
    expect(newId("run", fakeClock(2_000), seededRandom(2_000))).toBe(ids[1]?.replace("-eu", ""))
  })
})
