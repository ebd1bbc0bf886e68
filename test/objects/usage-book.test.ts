/** Usage reports, on Node's own SQLite: whatever runs tell, however often and in whatever order, the sums are their ledgers'. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { costReport } from "../../src/ledger/report.ts"
import { UsageMeter, usageOfOperation } from "../../src/ledger/usage.ts"
import { UsageBook } from "../../src/objects/usage-book.ts"
import { USAGE_DIMENSIONS } from "../../src/protocol/usage.ts"
import type { RunEvent } from "../../src/run/event.ts"
import { openNodeSqlite } from "../../src/store/node-sqlite.ts"
import { attempt, failed, operation, operationRecord, runLog, started } from "../support/log.ts"
import { anyLog } from "../support/random-log.ts"

const usageOfRun = (events: readonly RunEvent[]) => new UsageMeter(() => events).rows()

const whole = { groupBy: [], limit: 10 }

describe("the usage of a tenant", () => {
  it("[USAGE1] [USAGE2] adds up to the ledgers of the runs, in every grouping, whatever is told twice or late", () => {
    const told = fc.array(fc.nat({ max: 1_000 }), { maxLength: 8 })
    fc.assert(
      fc.property(fc.array(fc.tuple(anyLog, told), { minLength: 1, maxLength: 4 }), (runs) => {
        const book = new UsageBook(openNodeSqlite())
        for (const [index, [log, parts]] of runs.entries())
          for (const part of [...parts, log.length, ...parts]) {
            const events = log.slice(0, Math.min(log.length, 1 + (part % log.length)))
            const until = part === log.length ? log : events
            book.recordRun(`run_${index}`, until.length, usageOfRun(until))
          }
        const totals = runs.map(([log]) => costReport(log).total)
        const sum = (of: (total: (typeof totals)[number]) => number) => totals.reduce((all, one) => all + of(one), 0)
        const { total } = book.report(whole)
        expect(total).toMatchObject({
          calls: sum(({ calls }) => calls),
          costNanoUsd: sum(({ costNanoUsd }) => costNanoUsd),
          unpricedCalls: sum(({ unpricedCalls }) => unpricedCalls),
          inputTokens: sum(({ usage }) => usage.inputTokens),
          outputTokens: sum(({ usage }) => usage.outputTokens),
        })
        for (const dimension of USAGE_DIMENSIONS) {
          const { groups } = book.report({ groupBy: [dimension], limit: 1_000 })
          expect(groups.reduce((all, { costNanoUsd }) => all + costNanoUsd, 0)).toBe(total.costNanoUsd)
          expect(groups.map(({ costNanoUsd }) => costNanoUsd)).toEqual(
            groups.map(({ costNanoUsd }) => costNanoUsd).toSorted((a, b) => b - a),
          )
        }
      }),
      { numRuns: 60 },
    )
  })

  it("[USAGE2] is the same for a log that is read in parts as it grows", () => {
    fc.assert(
      fc.property(anyLog, fc.array(fc.nat({ max: 40 })), (log, parts) => {
        let until = 0
        const meter = new UsageMeter((after) => log.slice(after, until))
        for (const [index, part] of parts.entries()) {
          until = Math.min(log.length, until + part)
          // As they are appended; now and then the newest only, as when somebody else wrote those before.
          if (index % 2 === 0) meter.take(log.slice(index % 4 === 0 ? 0 : Math.max(0, until - 2), until))
          expect(meter.rows()).toEqual(usageOfRun(log.slice(0, until)))
        }
      }),
      { numRuns: 60 },
    )
  })

  it("[USAGE2] tells apart what bought nothing, also when that shows later", () => {
    const book = new UsageBook(openNodeSqlite())
    const paid = [
      started("items[0].read"),
      operation("items[0].read", 1, 0, operationRecord([attempt(1, { costNanoUsd: 7 })])),
    ]
    book.recordRun("run_1", 2, usageOfRun(runLog(...paid)))
    expect(book.report(whole).total).toMatchObject({ costNanoUsd: 7, wastedNanoUsd: 0 })
    book.recordRun("run_1", 3, usageOfRun(runLog(...paid, failed("items[0].read"))))
    expect(book.report({ groupBy: ["step"], limit: 10 })).toMatchObject({
      total: { calls: 1, costNanoUsd: 7, wastedNanoUsd: 7 },
      groups: [{ key: { step: "items[].read" }, costNanoUsd: 7 }],
    })
  })

  it("[USAGE3] filters by day, and counts operations that no run asked for", () => {
    const book = new UsageBook(openNodeSqlite())
    const at = (day: string, costNanoUsd: number) =>
      operationRecord([attempt(1, { costNanoUsd, startedAtMs: Date.parse(`${day}T23:59:59Z`) })])
    for (const [day, cost] of [
      ["2026-11-26", 1],
      ["2026-11-27", 2],
      ["2026-11-28", 4],
    ] as const)
      book.add(usageOfOperation(at(day, cost), { step: "embeddings", user: "ann", failed: false }))
    expect(book.report({ ...whole, from: "2026-11-27", to: "2026-11-28" }).total.costNanoUsd).toBe(2)
    expect(book.report({ groupBy: ["workflow", "step", "user"], limit: 10 }).groups).toMatchObject([
      { key: { workflow: "", step: "embeddings", user: "ann" }, calls: 3, costNanoUsd: 7 },
    ])
    expect(book.report({ ...whole, user: "bob" }).total.costNanoUsd).toBe(0)
  })
})
