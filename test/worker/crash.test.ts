/** Runs whose object leaves memory, or dies, in the middle of them: nobody touches them, and they go on. */
import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test"
import { afterEach, describe, expect, it } from "vitest"
import { WATCHDOG_MS } from "../../src/lib/limits.ts"
import { get, post, start } from "./support/client.ts"
import { called, callsOf, hold, open } from "./support/hands.ts"
import { deployable, otherKind, otherOutput } from "./support/live-workflows.ts"
import { jobsOf, runStub, until } from "./support/objects.ts"
import { pass, realTime } from "./support/time.ts"
import { deploy } from "./support/worker.ts"

const DAY_MS = 86_400_000

/** The two ways in which an object that only waits leaves memory. */
const ENDS = [
  ["evicted", (id: string) => evictDurableObject(runStub(id))],
  ["aborted", () => abortAllDurableObjects()],
] as const

interface Event {
  readonly type: string
  readonly path: string
  readonly data: Readonly<Record<string, unknown>>
}

async function eventsOf(id: string, type?: string): Promise<readonly Event[]> {
  const { body } = await get(`/v1/runs/${id}/events`)
  return (body.events as Event[]).filter((event) => type === undefined || event.type === type)
}

afterEach(realTime)

/** Nobody evicts an object that has something in flight; it can only die. */
describe("a run whose object dies", () => {
  it.each(["model", "left"])(
    `[LIVE1] in the middle of %s goes on by itself and repeats nothing that was done`,
    async (at) => {
      const name = `crash-${at}`
      hold(`${name}.${at}`)
      const id = await start("live-moving", { name })
      await called(`${name}.${at}`)
      if (at === "left") await called(`${name}.right`)
      await abortAllDurableObjects()
      open(`${name}.${at}`)
      await runDurableObjectAlarm(runStub(id))
      // Nothing but the alarm has touched the run.
      await called(`${name}.${at}`, 2)
      await until(id, "succeeded")
      const [first, second] = callsOf(`${name}.${at}`)
      expect(second?.idempotencyKey).toBe(first?.idempotencyKey)
      expect(callsOf(`${name}.first`)).toHaveLength(1)
      expect(await eventsOf(id, "step.interrupted")).toMatchObject([
        { path: at === "model" ? "model" : "both.left.work" },
      ])
      if (at === "left") expect(callsOf(`${name}.right`)).toHaveLength(1)
      expect(await jobsOf(runStub(id))).toEqual([])
    },
  )

  it("[RUN6] in the middle of a model's call books the most that the call can have cost, as unknown", async () => {
    const name = `crash-lost`
    hold(`${name}.model`)
    const id = await start("lost", { name })
    await called(`${name}.model`)
    await abortAllDurableObjects()
    open(`${name}.model`)
    await runDurableObjectAlarm(runStub(id))
    expect((await until(id, "succeeded")).output).toBe("Let go.")
    // 1 USD a million tokens of the question, at no fewer than three characters a token, and 2 USD for each of the answer's.
    const worst = Math.ceil(`hand:${name}.model`.length / 3) * 1_000 + 100 * 2_000
    expect(await eventsOf(id, "step.interrupted")).toMatchObject([
      { path: "model", data: { lost: { costNanoUsd: worst } } },
    ])
    const { body } = await get(`/v1/runs/${id}/cost`)
    expect(body.entries).toMatchObject([
      { category: "unknown", costNanoUsd: worst, priced: true },
      { category: "committed" },
    ])
  })

  it("[LIVE2] in the middle of an unsafe tool parks, and does what is decided", async () => {
    const name = `crash-risky`
    hold(`${name}.pay`)
    const id = await start("live-risky", { name })
    await called(`${name}.pay`)
    await abortAllDurableObjects()
    open(`${name}.pay`)
    await runDurableObjectAlarm(runStub(id))
    const parked = await until(id, "waiting")
    expect(parked.waiting).toMatchObject([{ path: "pay", reason: "interrupted" }])
    expect(callsOf(`${name}.pay`)).toHaveLength(1)
    expect(await jobsOf(runStub(id))).toEqual([])
    await post(`/v1/runs/${id}/resolve/pay`, { action: "complete", output: { name: "paid by hand" } })
    expect((await until(id, "succeeded")).output).toBe("paid by hand")
    expect(callsOf(`${name}.pay`)).toHaveLength(1)
  })

  it("[LIVE1] and its child's goes on, with the one child that it had", async () => {
    const name = `crash-tree`
    hold(`${name}.kid`)
    const id = await start("live-parent", { name })
    await called(`${name}.kid`)
    const before = await until(id, "waiting")
    const kid = String((before.waiting as { childRunId: string }[])[0]?.childRunId)
    await abortAllDurableObjects()
    open(`${name}.kid`)
    await runDurableObjectAlarm(runStub(kid))
    await called(`${name}.last`)
    expect((await until(id, "succeeded")).output).toBe("done")
    const [first, second, ...more] = callsOf(`${name}.kid`)
    expect([second?.idempotencyKey, more]).toEqual([first?.idempotencyKey, []])
    for (const run of [id, kid]) expect(await jobsOf(runStub(run))).toEqual([])
  })
})

describe("a run that is called off when it has a child that succeeded", () => {
  it("[UNDO9] has that undone first, also when everything dies in the middle of it", async () => {
    const name = "crash-saga"
    const id = await start("live-saga", { name })
    await until(id, "waiting")
    hold(`${name}.room.undone`)
    await post(`/v1/runs/${id}/cancel`, { compensate: true })
    await called(`${name}.room.undone`)
    expect(callsOf(`${name}.flight.undone`)).toEqual([])
    await abortAllDurableObjects()
    open(`${name}.room.undone`)
    await runDurableObjectAlarm(runStub(id))
    await called(`${name}.flight.undone`)
    const [first, second, ...more] = callsOf(`${name}.room.undone`)
    expect([second?.idempotencyKey, more]).toEqual([first?.idempotencyKey, []])
    const { body } = await get(`/v1/runs/${id}/tree`)
    expect(body).toMatchObject({ status: "cancelled", children: [{ status: "succeeded" }] })
    await expect.poll(async () => (await get(`/v1/runs/${id}/steps/booking`)).body.compensation).toBe("completed")
  })
})

describe.each(ENDS)("a run whose object is %s", (how, end) => {
  it("[LIVE3] [LIVE4] while it waits is there again for what it waits for, and has one job at most", async () => {
    const name = `${how}-waits`
    const id = await start("live-waiting", { name })
    await until(id, "waiting")
    // Nothing but a person can end this wait.
    await end(id)
    expect(await jobsOf(runStub(id))).toEqual([])
    // A signal that nobody waits for yet.
    await post(`/v1/runs/${id}/signals/letter`, { payload: "early" })
    await end(id)
    await post(`/v1/runs/${id}/approvals/boss`, { approved: true })
    const asleep = await until(id, "waiting")
    const wake = (asleep.waiting as { untilMs: number }[])[0]?.untilMs ?? 0
    expect(wake - Date.now()).toBeGreaterThan(29 * DAY_MS)
    await atRest(id, wake)
    for (let life = 0; life < 3; life += 1) {
      await end(id)
      expect((await get(`/v1/runs/${id}`)).body.status).toBe("waiting")
      await atRest(id, wake)
    }
    await end(id)
    pass(30 * DAY_MS)
    await runDurableObjectAlarm(runStub(id))
    await called(`${name}.last`)
    expect((await until(id, "succeeded")).output).toMatchObject({ payload: "early" })
    expect(callsOf(`${name}.first`)).toHaveLength(1)
    expect(await jobsOf(runStub(id))).toEqual([])
    expect(await alarmOf(id)).toBeNull()
  })
})

describe("the watchdog", () => {
  it("[LIVE5] is armed before anything leaves, at most its time ahead, and goes when the run has ended", async () => {
    hold("dog.work")
    const id = await start("free", { name: "dog.work" })
    await called("dog.work")
    const jobs = await jobsOf(runStub(id))
    expect(jobs).toHaveLength(1)
    expect((jobs[0]?.time ?? Number.POSITIVE_INFINITY) - Date.now()).toBeLessThanOrEqual(WATCHDOG_MS)
    // It moves on when it fires, and nothing is interrupted by it.
    pass(WATCHDOG_MS)
    await runDurableObjectAlarm(runStub(id))
    const moved = await jobsOf(runStub(id))
    expect(moved).toHaveLength(1)
    expect(moved[0]?.time).toBeGreaterThan(Date.now())
    open("dog.work")
    await until(id, "succeeded")
    expect(await jobsOf(runStub(id))).toEqual([])
    expect(await alarmOf(id)).toBeNull()
    expect(callsOf("dog.work")).toHaveLength(1)
  })
})

describe("a new deployment in the middle of a run", () => {
  /** A run that waited in the old code and comes to memory in `code`. */
  async function redeployed(name: string, code: Parameters<typeof deploy>[0]): Promise<string> {
    deploy(deployable("Old"))
    const id = await start("live-deployed", { name })
    await until(id, "waiting")
    deploy(code)
    await evictDurableObject(runStub(id))
    return id
  }

  it("[LIVE6] with other prompts goes on, and notes what changed under the step that was under way", async () => {
    const id = await redeployed("prompts", deployable("New"))
    await post(`/v1/runs/${id}/approvals/boss`, { approved: true })
    expect((await until(id, "succeeded")).output).toBe("answer to New ")
    const completed = await eventsOf(id, "step.completed")
    expect(completed.find(({ path }) => path === "boss")?.data).toHaveProperty("note")
    expect(callsOf("prompts.first")).toHaveLength(1)
  })

  it.each([
    ["kind", otherKind],
    ["output schema", otherOutput],
  ])("[LIVE6] with another %s of a completed step fails, naming the step", async (what, code) => {
    const name = what.replace(" ", "-")
    const id = await redeployed(name, code)
    await get(`/v1/runs/${id}`)
    expect(await until(id, "failed")).toMatchObject({ error: { code: "workflow_changed", path: "first" } })
    expect(callsOf(`${name}.first`)).toHaveLength(1)
    deploy(deployable("Old"))
  })
})

/** The run's only job stands at `wakeMs`. What a command asked for settles behind its answer. */
async function atRest(id: string, wakeMs: number): Promise<void> {
  await expect.poll(() => jobsOf(runStub(id))).toMatchObject([{ time: wakeMs }])
}

function alarmOf(id: string): Promise<number | null> {
  return runInDurableObject(runStub(id), (_, { storage }) => storage.getAlarm())
}
