/** Which charges are one too many: by example, and what must hold for any list of charges and any decision. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { findDuplicates } from "../../workflows/support-refund/duplicates.ts"
import { deriveFacts, stillDue } from "../../workflows/support-refund/facts.ts"
import type { Charge } from "../../workflows/support-refund/records.ts"
import { ACTIONS, needsApproval, WAY_NAMES } from "../../workflows/support-refund/rules.ts"
import type { Screen } from "../../workflows/support-refund/schemas.ts"
import { settle } from "../../workflows/support-refund/verdict.ts"

const START = Date.UTC(2026, 10, 3, 9, 14)
const MINUTE_MS = 60_000

function charge(id: string, minutes: number, more: Partial<Charge> = {}): Charge {
  return {
    id,
    amountCents: 2900,
    amountRefundedCents: 0,
    refunded: false,
    currency: "usd",
    description: "Team plan",
    createdAt: new Date(START + minutes * MINUTE_MS).toISOString(),
    ...more,
  }
}

function found(...charges: Charge[]) {
  return findDuplicates(charges).map(({ charge, repeats, dueCents }) => [charge.id, repeats.id, dueCents])
}

describe("duplicates", () => {
  it("are the later of equal charges within the hour, in whatever order they are listed", () => {
    expect(found(charge("b", 1), charge("a", 0))).toEqual([["b", "a", 2900]])
    expect(found(charge("a", 0), charge("b", 60))).toEqual([["b", "a", 2900]])
    expect(found(charge("a", 0), charge("b", 61))).toEqual([])
    expect(found(charge("a", 0), charge("b", 1), charge("c", 2))).toEqual([
      ["b", "a", 2900],
      ["c", "a", 2900],
    ])
  })

  it.each([{ amountCents: 2901 }, { currency: "eur" }, { description: "Two added seats" }])(
    "are not charges that differ in anything: %o",
    (more) => expect(found(charge("a", 0), charge("b", 1, more))).toEqual([]),
  )

  it("are due less what was refunded of either charge, and what is still due is never more than was agreed", () => {
    expect(found(charge("a", 0, { amountRefundedCents: 2900 }), charge("b", 1))).toEqual([["b", "a", 0]])
    expect(found(charge("a", 0), charge("b", 1, { amountRefundedCents: 900 }))).toEqual([["b", "a", 2000]])
    const [agreed] = [{ chargeId: "b", repeatsChargeId: "a", amountCents: 1500, currency: "usd" }]
    const due = { ...agreed, description: "Team plan", chargedAt: "" }
    expect(stillDue(due, [charge("a", 0), charge("b", 1)])).toMatchObject({ amountCents: 1500 })
    expect(stillDue(due, [charge("a", 0), charge("b", 1, { amountRefundedCents: 2000 })])).toMatchObject({
      amountCents: 900,
    })
    expect(stillDue(due, [charge("b", 1)])).toBeNull()
  })
})

it.each([
  ["usd", 5000, false],
  ["usd", 5001, true],
  ["EUR", 5000, false],
  ["jpy", 1, true],
])("[REFUND3] a refund in %s of %i hundredths needs a manager: %s", (currency, amountCents, needed) => {
  expect(needsApproval({ currency, amountCents })).toBe(needed)
})

const anyCharge = fc
  .record({
    minutes: fc.constantFrom(0, 1, 59, 61, 300),
    amountCents: fc.constantFrom(850, 2900),
    refundedShare: fc.constantFrom(0, 0, 0, 0.3, 1),
    description: fc.constantFrom("Team plan", "Team plan", "Extra seat"),
  })
  .map(({ minutes, amountCents, refundedShare, description }) => {
    const amountRefundedCents = Math.round(amountCents * refundedShare)
    return { minutes, more: { amountCents, amountRefundedCents, refunded: refundedShare === 1, description } }
  })

const charges = fc
  .array(anyCharge, { maxLength: 8 })
  .map((list) => list.map(({ minutes, more }, index) => charge(`ch_${index}`, minutes, more)))

describe("for any charges, screen and decision", () => {
  it("[REFUND2] money is due only for one charge of billing, and never beyond what was paid over the first of its kind", () => {
    fc.assert(
      fc.property(charges, (list) => {
        for (const { charge, repeats, dueCents } of findDuplicates(list)) {
          expect(dueCents).toBeGreaterThanOrEqual(0)
          expect(dueCents).toBeLessThanOrEqual(charge.amountCents - charge.amountRefundedCents)
          const set = findDuplicates(list).filter((other) => other.repeats === repeats)
          const refunded = [repeats, ...set.map((one) => one.charge)].reduce(
            (sum, one) => sum + one.amountRefundedCents,
            0,
          )
          const due = set.reduce((sum, one) => sum + one.dueCents, 0)
          expect(due).toBeLessThanOrEqual(Math.max(0, set.length * repeats.amountCents - refunded))
        }
      }),
    )
  })

  it("[REFUND2] a refund is settled only for exactly what is due, on a screen that shows both charges", () => {
    const decisions = fc.record({
      action: fc.oneof(fc.constant("refund" as const), fc.constantFrom(...ACTIONS)),
      way: fc.oneof(fc.constant("duplicate-charge" as const), fc.constantFrom(...WAY_NAMES)),
      reason: fc.string(),
      confidence: fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100),
    })
    const input = {
      message: "?",
      screenshot: { $blob: `sha256:${"0".repeat(64)}`, bytes: 1, mediaType: "image/png" },
    } as const
    const customer = { id: "cus_1", name: "Ann", email: "ann@example.com", product: "Quickpad" }
    const shownIds = fc.subarray(Array.from({ length: 8 }, (_, index) => `ch_${index}`))
    let refunds = 0
    fc.assert(
      fc.property(charges, decisions, shownIds, (list, decision, shown) => {
        const nothing = { accountEmail: null, customerId: null, errorCode: null, requestId: null, advice: null }
        const screen: Screen = { ...nothing, text: shown.join("\n"), charges: [] }
        const facts = deriveFacts({ input, screen, customer, charges: list })
        const verdict = settle(decision, { facts, screen, issue: { topic: "double_charge" } })
        expect(verdict.due !== null).toBe(verdict.action === "refund")
        if (!verdict.due) return
        refunds += 1
        const { chargeId, repeatsChargeId, amountCents } = verdict.due
        const duplicate = findDuplicates(list).find((one) => one.charge.id === chargeId)
        expect(duplicate).toMatchObject({ dueCents: amountCents, repeats: { id: repeatsChargeId } })
        expect(amountCents).toBeGreaterThan(0)
        expect(shown).toEqual(expect.arrayContaining([chargeId, repeatsChargeId]))
      }),
      { numRuns: 2_000, seed: 20261103 },
    )
    expect(refunds).toBeGreaterThan(20)
  })
})
