/** The chain of a log against somebody who alters an export. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { sha256 } from "../../src/lib/digest.ts"
import { canonicalJson } from "../../src/lib/json.ts"
import { CHAIN_START, chainHash, EMPTY_HEAD, type EventRow, verifyChain } from "../../src/run/chain.ts"
import { stepEvent } from "../../src/run/event.ts"
import { fromRow, toRow } from "../../src/run/event-row.ts"
import { MemoryEventStore } from "../../src/store/memory-event-store.ts"
import { completed, started } from "../support/log.ts"
import { anyLog } from "../support/random-log.ts"

function rows(count = 5): EventRow[] {
  const store = new MemoryEventStore()
  for (let index = 0; index < count; index += 1)
    store.append([started(`s${index}`), completed(`s${index}`)], 1_000 + index)
  return [...store.rows()]
}

describe("the chain", () => {
  it("[LOG2] is SHA-256 over the hash before and the event's columns, line by line", () => {
    const [first, second] = rows(1)
    const text = `${CHAIN_START}\n1\n1000\nstep.started\ns0\n1\n{"digest":"d1","input":{"of":"s0"},"kind":"plan"}`
    expect(first?.hash).toBe(sha256(text))
    expect(second?.hash).toBe(sha256(`${first?.hash}\n2\n1000\nstep.completed\ns0\n1\n{"output":{"by":"s0"}}`))
  })

  it("is whole for a log that nobody touched, and for none at all", () => {
    expect(verifyChain(rows())).toBeUndefined()
    expect(verifyChain([])).toBeUndefined()
  })

  it("[LOG2] an export read back from JSON lines verifies", () => {
    const lines = rows().map((row) => JSON.stringify(row))
    expect(verifyChain(lines.map((line): EventRow => JSON.parse(line)))).toBeUndefined()
  })

  it("[LOG2] shows the first event that was altered, whichever column it was", () => {
    const changes: Partial<EventRow>[] = [
      { at_ms: 1 },
      { type: "step.failed" },
      { path: "other" },
      { attempt: 2 },
      { data: '{"output":"forged"}' },
      { hash: "f".repeat(64) },
    ]
    for (const change of changes) {
      const forged = rows().map((row) => (row.seq === 4 ? { ...row, ...change } : row))
      expect(verifyChain(forged)).toEqual({ seq: 4, problem: expect.stringContaining("altered") })
    }
  })

  it("[LOG2] shows an alteration even when the forger made the event's own hash anew", () => {
    const forged = rows()
    const [, , third, fourth] = forged
    if (!third || !fourth) throw new Error("too short")
    const changed = { ...fourth, data: '{"output":"forged"}' }
    forged[3] = { ...changed, hash: chainHash(third.hash, changed) }
    expect(verifyChain(forged)).toMatchObject({ seq: 5 })
  })

  it("[LOG2] shows events that were removed, added or moved", () => {
    const whole = rows()
    expect(verifyChain(whole.slice(1))).toEqual({ seq: 2, problem: expect.stringContaining("expected 1") })
    expect(verifyChain(whole.filter(({ seq }) => seq !== 5))).toMatchObject({ seq: 6 })
    expect(verifyChain(whole.toSpliced(3, 0, ...whole.slice(3, 4)))).toMatchObject({ seq: 4 })
    expect(verifyChain(whole.toSpliced(2, 2, ...whole.slice(2, 4).reverse()))).toMatchObject({ seq: 4 })
  })

  it("[LOG2] a log that was cut short, or written anew from some place on, is found by the run's own head", () => {
    const whole = rows()
    const last = whole.at(-1)
    const head = { seq: whole.length, hash: last?.hash ?? "" }
    expect(verifyChain(whole, head)).toBeUndefined()
    expect(verifyChain([], EMPTY_HEAD)).toBeUndefined()
    expect(verifyChain(whole.slice(0, -1))).toBeUndefined()
    expect(verifyChain(whole.slice(0, -1), head)).toEqual({ seq: 9, problem: expect.stringContaining("cut short") })
    const store = new MemoryEventStore(whole.slice(0, -1))
    store.append([completed("forged")], 5)
    expect(verifyChain(store.rows(), head)).toEqual({ seq: 10, problem: expect.stringContaining("written anew") })
  })

  it("[LOG2] any alteration of any log is found", () => {
    fc.assert(
      fc.property(
        anyLog,
        fc.nat(),
        fc.constantFrom("at_ms", "attempt", "path", "type", "data"),
        (events, at, column) => {
          const store = new MemoryEventStore()
          store.append(events, 5)
          const whole = store.rows()
          expect(verifyChain(whole)).toBeUndefined()
          const index = at % whole.length
          const forged = whole.map((row, place) =>
            place === index
              ? { ...row, [column]: typeof row[column] === "number" ? row[column] + 1 : `${row[column]}~` }
              : row,
          )
          expect(verifyChain(forged)).toMatchObject({ seq: index + 1 })
        },
      ),
      { numRuns: 50 },
    )
  })
})

describe("rows", () => {
  it("hold an event exactly", () => {
    const event = stepEvent("step.completed", "items[3].read", 2, { output: { z: [1, "é"], a: null } })
    const row = toRow(EMPTY_HEAD, event, 12)
    expect(fromRow(row)).toEqual({ ...event, seq: 1, atMs: 12, hash: row.hash })
    expect(row.data).toBe(canonicalJson(event.data))
  })
})
