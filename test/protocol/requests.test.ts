/** What callers send: starts, frames, commands; and the problems they get. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { media, workflow } from "waybill"
import { z } from "zod"
import { schemaIssues } from "../../src/graph/schema.ts"
import { WaybillError } from "../../src/lib/errors.ts"
import { MAX_USD, nanoUsd } from "../../src/lib/money.ts"
import { Problem, problemOf } from "../../src/protocol/problem.ts"
import { type CommandFrame, frameCommand, problemFrame, readFrame, ServerFrame } from "../../src/protocol/socket.ts"
import { inputOf, runStart, StartBody } from "../../src/protocol/start.ts"

const desk = workflow("desk", {
  version: 1,
  input: z.object({ text: z.string(), image: media().optional() }),
  examples: { one: { text: "hello" } },
})
  .code("length", ({ input }) => input.text.length)
  .output(({ length }) => length)

describe("asking for a run", () => {
  it("says in the log's words what the body said in the caller's", () => {
    const body = StartBody.parse({
      input: { text: "x" },
      user: "u1",
      region: "eu",
      budgetUsd: 0.1,
      breakpoints: [{ step: "a" }, { costAboveUsd: 1.5 }, { on: "refusal" }],
    })
    const run = { runId: "run_1", workflow: "desk", tenant: { id: "acme" }, input: { text: "x" } }
    expect(runStart(body, run)).toEqual({
      ...run,
      tags: [],
      user: { id: "u1" },
      region: "eu",
      budgetNanoUsd: 100_000_000,
      breakpoints: [{ step: "a" }, { costAboveNanoUsd: 1_500_000_000 }, { on: "refusal" }],
    })
  })

  it("takes exactly one of input and example", () => {
    expect(inputOf({ example: "one" }, desk)).toEqual({ text: "hello" })
    expect(inputOf({ input: null }, desk)).toBeNull()
    expect(() => inputOf({}, desk)).toThrow("expected `input` or `example`")
    expect(() => inputOf({ input: {}, example: "one" }, desk)).toThrow("one of the two")
    expect(() => inputOf({ example: "toString" }, desk)).toThrow("expected one of: one")
  })

  it("takes no sum of money that the log could not hold to the nano-dollar", () => {
    const refused = (body: object) => StartBody.safeParse({ input: {}, ...body }).error?.issues.map(({ path }) => path)
    expect(refused({ budgetUsd: 1e300 })).toEqual([["budgetUsd"]])
    expect(refused({ budgetUsd: MAX_USD + 1 })).toEqual([["budgetUsd"]])
    expect(refused({ breakpoints: [{ costAboveUsd: 1e15 }] })).toEqual([["breakpoints", 0, "costAboveUsd"]])
    expect(refused({ budgetUsd: MAX_USD })).toBeUndefined()
    expect(nanoUsd(MAX_USD)).toBeLessThanOrEqual(Number.MAX_SAFE_INTEGER)
  })

  it("[API17] says of a value that fits none of several forms which keys it has, and which it could have", () => {
    const said = (breakpoint: object) => {
      const { error } = StartBody.safeParse({ breakpoints: [breakpoint] })
      const [issue] = error ? schemaIssues(error, "body") : []
      expect(issue?.path).toBe("body.breakpoints[0]")
      return issue?.message
    }
    expect(said({ name: "card" })).toBe("found name, expected one of step, kind, costAboveUsd, on")
    for (const form of ["step: ", "kind: ", "costAboveUsd: ", "on: Invalid option"])
      expect(said({ on: "fire" })).toContain(form)
  })
})

describe("a frame", () => {
  const command = (frame: object) => {
    const read = readFrame(JSON.stringify(frame))
    expect(read.answer).toBeUndefined()
    return frameCommand(read.frame as CommandFrame)
  }

  it.each([
    [
      { type: "cancel", reason: "enough", id: 7 },
      { type: "cancel", reason: "enough" },
    ],
    [
      { type: "pause", by: "ann" },
      { type: "pause", by: "ann" },
    ],
    [{ type: "step" }, { type: "resume", mode: "step" }],
    [
      { type: "continue", by: "ann" },
      { type: "resume", mode: "continue", by: "ann" },
    ],
    [
      { type: "resume", runTo: "b.c" },
      { type: "resume", mode: "run-to", to: "b.c" },
    ],
    [
      { type: "signal", name: "paid" },
      { type: "signal", name: "paid", payload: null },
    ],
    [
      { type: "approve", path: "a", approved: false, comment: "no" },
      { type: "approve", path: "a", approved: false, comment: "no" },
    ],
    [
      { type: "resolve", path: "a", resolution: { action: "complete", output: [1], by: "ann" } },
      { type: "resolve", path: "a", resolution: { action: "complete", output: [1] }, by: "ann" },
    ],
  ])("%j is a command", (frame, expected) => {
    expect(command(frame)).toEqual(expected)
  })

  it("that is none is answered, with its id when it has a usable one", () => {
    const answer = (message: string | ArrayBuffer) => {
      const text = readFrame(message).answer
      if (text === undefined) throw new Error("It was understood.")
      return ServerFrame.parse(JSON.parse(text))
    }
    expect(answer('{"type":"fly","id":"x"}')).toMatchObject({ type: "problem", ref: "x" })
    expect(answer('{"type":"cancel","id":{}}')).not.toHaveProperty("ref")
    expect(answer('{"type":"cancel","reson":"typo"}')).toMatchObject({ problem: { code: "frame_invalid" } })
    const deep = `{"type":"signal","name":"a","payload":${"[".repeat(10_000)}${"]".repeat(10_000)}}`
    expect(answer(deep)).toMatchObject({ problem: { detail: "found JSON nested too deep." } })
    expect(answer(new ArrayBuffer(3))).toMatchObject({ problem: { detail: "found bytes, expected JSON text." } })
  })

  it("of any content never throws", () => {
    const anything = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record({ type: fc.constantFrom("start", "approve"), id: fc.anything() })
        .map((frame) => JSON.stringify(frame) ?? ""),
    )
    fc.assert(
      fc.property(anything, (text) => {
        const { frame, answer } = readFrame(text)
        expect((frame === undefined) !== (answer === undefined)).toBe(true)
      }),
    )
  })
})

describe("a problem", () => {
  it("carries everything that the error does", () => {
    const issues = [{ path: "input.a", message: "expected string" }]
    const error = new WaybillError("input_invalid", "input.a: expected string", { path: "input.a", issues, extra: 1 })
    const problem = problemOf(error.toJSON())
    expect(problem).toEqual({
      type: "urn:waybill:problem:input_invalid",
      title: "Input invalid",
      status: 422,
      code: "input_invalid",
      detail: "input.a: expected string",
      remedy: error.remedy,
      path: "input.a",
      issues,
      details: { extra: 1 },
    })
    expect(Problem.parse(problem)).toEqual(problem)
  })

  it("survives details that JSON cannot hold", () => {
    const error = new WaybillError("internal", "odd", { run: () => 1, when: new Date(0), issues: "none" })
    expect(JSON.parse(problemFrame(error.toJSON()))).toMatchObject({
      problem: { details: { when: "1970-01-01T00:00:00.000Z" } },
    })
  })
})
