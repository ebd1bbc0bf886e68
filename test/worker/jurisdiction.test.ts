/** Runs with a region inside workerd, which has no jurisdictions: they run, and say that theirs was not applied. */
import { describe, expect, it } from "vitest"
import { finish, get, post } from "./support/client.ts"
import { openSocket } from "./support/socket.ts"

const input = { message: "charged twice", amount: 10 }
const UNAPPLIED = { asked: "eu", applied: false, reason: expect.stringContaining("urisdiction") }

describe("a run that asks for a region", () => {
  it("[LIVE9] says in its view and its log that the platform could not keep its object there", async () => {
    const run = await finish("desk", input, { region: "eu" })
    expect(run.jurisdiction).toEqual(UNAPPLIED)
    expect(run.id).toMatch(/^run_[0-9a-z]{26}$/)
    const { body } = await get(`/v1/runs/${String(run.id)}/events?limit=1`)
    expect(body.events).toMatchObject([
      { type: "run.created", data: { jurisdiction: { asked: "eu", applied: false } } },
    ])
    const fork = await post(`/v1/runs/${String(run.id)}/rerun`, { from: "topic" })
    expect(fork.body.jurisdiction).toEqual(UNAPPLIED)
  })

  it("[LIVE9] says so too when it was started on a socket", async () => {
    const socket = await openSocket("new", "?region=eu")
    socket.send({ type: "start", id: 1, workflow: "desk", input, region: "eu" })
    expect((await socket.nextOf("ack")).run).toMatchObject({ jurisdiction: UNAPPLIED })
    socket.close()
  })

  it("says nothing when it asks for none", async () => {
    expect((await finish("desk", input)).jurisdiction).toBeUndefined()
  })

  it("an id that names a place that there is not is that of no run", async () => {
    const { status, body } = await get("/v1/runs/run_01jd2k00000000000000000abe-eu")
    expect([status, body.code]).toEqual([404, "run_not_found"])
  })
})
