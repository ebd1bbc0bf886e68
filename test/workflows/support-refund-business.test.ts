/** The support workflow and a business that is busy, down, or says no. */
import { describe, expect, it } from "vitest"
import { models, openDesk, outcomeOf } from "./support-desk.ts"

describe("a business that does not answer as it should", () => {
  it.each([
    [409, "idempotency_key_in_use", {}],
    [429, "rate_limited", { "retry-after": "30" }],
    [503, "maintenance", {}],
  ])("[REFUND7] is asked again after %i %s, under the same key", async (status, code, headers) => {
    const desk = await openDesk()
    const { keys, network } = refusingOnce(status, code, headers)
    const run = await desk.handle({ models: models(), fetch: network })
    expect(await outcomeOf(run)).toMatchObject({ refund: { chargeId: "ch_724936" } })
    expect(keys).toEqual([keys[0], keys[0]])
    const wait = run.clock.nowMs() - Date.UTC(2026, 0, 1)
    expect(wait).toBeGreaterThanOrEqual(status === 429 ? 30_000 : status === 409 ? 1_000 : 0)
  })

  it("[REFUND7] is not asked again after a refusal: refused money is for a person", async () => {
    const desk = await openDesk()
    const { keys, network } = refusingOnce(422, "charge_disputed")
    expect(await outcomeOf(await desk.handle({ models: models(), fetch: network }))).toMatchObject({
      case: "escalate",
      refund: null,
    })
    expect(keys).toHaveLength(1)
    const body = expect.stringContaining("Billing refused the refund: Not now.")
    expect(await desk.done()).toMatchObject({ refunds: [], tickets: [{ body }] })
  })

  it("[REFUND7] fails the run at once after any other refusal", async () => {
    const desk = await openDesk()
    const { keys, network } = refusingOnce(400, "parameter_invalid")
    const run = await desk.handle({ models: models(), fetch: network })
    expect(run.engine.state.error).toMatchObject({ message: expect.stringContaining("parameter_invalid: Not now.") })
    expect(keys).toHaveLength(1)
  })

  it("[REFUND7] fails the run at once when nobody said where it is", async () => {
    const desk = await openDesk()
    const run = await desk.handle({ models: models(), secrets: {} })
    expect(run.status).toBe("failed")
    expect(run.engine.state.error).toMatchObject({ path: "customer", message: expect.stringContaining("SANDBOX_URL") })
  })
})

/** A network that answers the first POST for a refund with `status` and `code`, and keeps the keys that it saw. */
function refusingOnce(status: number, code: string, headers: Record<string, string> = {}) {
  const keys: (string | null)[] = []
  const network: typeof fetch = async (url, init) => {
    if (!String(url).endsWith("/v1/refunds")) return fetch(url, init)
    keys.push(new Headers(init?.headers).get("idempotency-key"))
    if (keys.length > 1) return fetch(url, init)
    return Response.json({ error: { type: "api_error", code, message: "Not now." } }, { status, headers })
  }
  return { keys, network }
}
