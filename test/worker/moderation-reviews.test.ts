/** Moderation reviews through the HTTP door, on real objects inside workerd. */
import { expect, it } from "vitest"
import { finish, get, post, until } from "./support/client.ts"

it("[MODERATE1] counts and lists, run by run and page by page, the decisions that another policy would flip", async () => {
  const ids: unknown[] = []
  for (let index = 0; index < 3; index += 1)
    ids.unshift((await finish("letters", { text: "Dear" }, { tags: ["review"] })).id)
  const asked = { workflow: "letters", step: "check", tag: "review", policy: { thresholds: { harassment: 0.55 } } }
  const before = (await get(`/v1/runs/${ids[0]}`)).body
  const { status, body } = await post("/v1/moderation-reviews", { ...asked, limit: 2 })
  expect(status).toBe(200)
  expect(body).toMatchObject({
    runs: 2,
    policy: { thresholds: { harassment: 0.55 }, rules: [] },
    counts: { decisions: 2, same: 0, toFlagged: 2, toPassed: 0, undecided: 0 },
  })
  expect(body.decisions).toMatchObject(
    ids.slice(0, 2).map((runId) => ({
      ...{ runId, path: "check", flip: "flagged", recorded: { flagged: false }, reviewed: { flagged: true } },
      reasons: [{ rule: "category:harassment", now: "violated", score: 0.6, threshold: 0.55 }],
      links: { run: `/v1/runs/${runId}`, step: `/v1/runs/${runId}/steps/check` },
    })),
  )
  const next = await post("/v1/moderation-reviews", { ...asked, cursor: body.nextCursor })
  expect(next.body.decisions).toMatchObject([{ runId: ids[2] }])
  const { body: same } = await post("/v1/moderation-reviews", { workflow: "letters", step: "check", tag: "review" })
  expect(same).toMatchObject({ counts: { decisions: 3, same: 3 }, decisions: [] })
  expect((await get(`/v1/runs/${ids[0]}`)).body).toEqual(before)
})

it("[MODERATE4] counts what was decided, not what a fork copied or a rehearsal played again", async () => {
  const { id } = await finish("letters", { text: "Dear" }, { tags: ["once"] })
  const decided = async () => {
    const asked = { workflow: "letters", step: "check", tag: "once", show: "all" }
    const { body } = await post("/v1/moderation-reviews", asked)
    return { runs: Array.isArray(body.decisions) && body.decisions.map(({ runId }) => runId), counts: body.counts }
  }
  const before = await decided()
  expect(before).toMatchObject({ runs: [id], counts: { decisions: 1 } })
  for (const [door, body] of [
    ["replay", { as: "run", paused: false }],
    ["fork", { from: "output" }],
  ] as const)
    await until(String((await post(`/v1/runs/${id}/${door}`, body)).body.id), "succeeded")
  expect(await decided()).toEqual(before)
  const again = (await post(`/v1/runs/${id}/fork`, { from: "check" })).body.id
  await until(String(again), "succeeded")
  expect(await decided()).toMatchObject({ runs: [again, id], counts: { decisions: 2 } })
})

it("[MODERATE3] names once a category that no decision was scored for", async () => {
  await finish("letters", { text: "Dear" }, { tags: ["misspelt"] })
  const of = async (thresholds: object) =>
    (
      await post("/v1/moderation-reviews", {
        workflow: "letters",
        step: "check",
        tag: "misspelt",
        policy: { thresholds },
      })
    ).body.unscored
  expect(await of({ harassment: 0.9, harrassment: 0.5, "*": 1 })).toEqual(["harrassment"])
  expect(await of({ harassment: 0.5 })).toBeUndefined()
})

it("[MODERATE1] is refused of a step that judges nothing, and for a rule that its policy does not have", async () => {
  const thresholds = { harassment: 0.5 }
  for (const [more, path] of [
    [{ step: "nobody" }, "body.step"],
    [{ step: "check", policy: { thresholds, rules: ["nobody"] } }, "body.policy.rules"],
    [{ step: "check", policy: { thresholds: { harassment: 2 } } }, "body.policy.thresholds.harassment"],
    [{ step: "check", from: "2026-11-22T10:00:00Z", to: "2026-11-22T09:00:00Z" }, "body.to"],
  ] as const)
    expect(await post("/v1/moderation-reviews", { workflow: "letters", ...more })).toMatchObject({
      status: 422,
      body: { code: "request_invalid", path },
    })
})
