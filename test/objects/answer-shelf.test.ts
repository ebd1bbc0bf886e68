/** A tenant's answers in SQL: how long they are kept, and which go first. */
import { describe, expect, it } from "vitest"
import { AnswerShelf } from "../../src/objects/answer-shelf.ts"
import { openNodeSqlite } from "../../src/store/node-sqlite.ts"
import { kept } from "../gateway/cache-contract.ts"

describe("a shelf of answers", () => {
  it("drops the oldest when there is too much, and never keeps what is too large", () => {
    const shelf = new AnswerShelf(openNodeSqlite(), 5_000)
    for (let at = 1; at <= 10; at += 1) shelf.put(`k${at}`, kept(at, "x".repeat(1_000)), at)
    expect(shelf.get("k10", 10)).toBeDefined()
    expect(shelf.get("k7", 10)).toBeDefined()
    expect(shelf.get("k6", 10)).toBeUndefined()
    shelf.put("large", kept(11, "x".repeat(2_000_000)), 11)
    expect(shelf.get("large", 11)).toBeUndefined()
    expect(shelf.get("k10", 11)).toBeDefined()
  })

  it("counts what it holds after a restart", () => {
    const sql = openNodeSqlite()
    const before = new AnswerShelf(sql, 5_000)
    for (let at = 1; at <= 4; at += 1) before.put(`k${at}`, kept(at, "x".repeat(1_000)), at)
    const after = new AnswerShelf(sql, 5_000)
    expect(after.get("k1", 5)).toBeDefined()
    after.put("k5", kept(5, "x".repeat(1_000)), 5)
    expect(after.get("k1", 5)).toBeUndefined()
    expect(after.get("k5", 5)).toBeDefined()
  })

  it("deletes what is over, and says when the next is", () => {
    const shelf = new AnswerShelf(openNodeSqlite())
    shelf.put("a", kept(0, "a", 100), 0)
    shelf.put("b", kept(0, "b", 200), 0)
    expect(shelf.sweep(100)).toBe(200)
    expect(shelf.get("b", 100)).toBeDefined()
    expect(shelf.sweep(200)).toBeUndefined()
  })
})
