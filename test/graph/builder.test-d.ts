/** What the compiler refuses in a workflow, and what it infers: mistakes in a graph are found before it runs. */
import { describe, expectTypeOf, it } from "vitest"
import { tool, workflow } from "waybill"
import { z } from "zod"

const charge = tool({
  name: "charge",
  description: "Charges a card.",
  input: z.object({ cents: z.number() }),
  output: z.object({ id: z.string() }),
  effect: "unsafe",
  run: () => ({ id: "ch_1" }),
})

const start = () =>
  workflow("typed", { version: 1, input: z.object({ message: z.string(), list: z.array(z.number()) }) })

describe("[GRAPH1] a mistake in a graph does not compile", () => {
  it("when a closure names a step that does not exist, or comes later", () => {
    // @ts-expect-error there is no step "topik"
    start().plan("decision", { prompt: ({ topik }) => topik, output: z.object({}) })
    start()
      // @ts-expect-error "late" comes after this step
      .generate("early", { prompt: ({ late }) => late.text })
      .generate("late", { prompt: "x" })
  })

  it("when a name is taken, in this scope or outside it", () => {
    start()
      .code("a", () => 1)
      // @ts-expect-error a step named "a" exists already
      .code("a", () => 2)
    start()
      .code("a", () => 1)
      .branch("way", () => "left", {
        // @ts-expect-error a step named "a" exists already outside
        left: (g) => g.code("a", () => 2),
      })
    // @ts-expect-error the input is no step
    start().code("input", () => 1)
  })

  it("when a tool is given a wrong argument", () => {
    // @ts-expect-error cents is a number
    start().tool("pay", charge, ({ input }) => ({ cents: input.message }))
    // @ts-expect-error cents is missing
    start().tool("pay", charge, () => ({}))
  })

  it("when a branch has no such case", () => {
    start().branch("way", ({ input }) => (input.message === "" ? "left" : "right"), {
      left: (g) => g,
      right: (g) => g,
    })
    // @ts-expect-error there is no case "up"
    start().branch("way", ({ input }) => (input.message === "" ? "left" : "up"), { left: (g) => g, right: (g) => g })
  })

  it("when a retry names a failure that there is not", () => {
    start().code("a", () => 1, { retry: { on: ["own_code.tool", "provider"] } })
    // @ts-expect-error there is no failure class of that name
    start().code("a", () => 1, { retry: { on: ["own_code.tol"] } })
  })

  it("when a loop has no max, an agent no maxTurns, a map no list", () => {
    // @ts-expect-error max is mandatory
    start().loop("again", { body: (g) => g.code("a", () => 1) })
    // @ts-expect-error maxTurns is mandatory
    start().agent("helper", { prompt: "x", tools: [] })
    // @ts-expect-error a message is no list of items
    start().map("items", { over: ({ input }) => input.message, each: (g) => g })
  })

  it("when a loop's round does not give what its start gave", () => {
    start().loop("again", {
      max: 3,
      start: () => ({ text: "" }),
      // @ts-expect-error a round gives { text: string }, as the start does
      body: (g) => g.output(({ previous }) => previous.text.length),
    })
  })

  it("when a child is given a wrong input", () => {
    const inner = workflow("inner", { version: 1, input: z.object({ n: z.number() }) }).output(({ input }) => input.n)
    // @ts-expect-error n is a number
    start().child("run", inner, ({ input }) => ({ n: input.message }))
  })

  it("when an example does not fit the input", () => {
    // @ts-expect-error message is text
    workflow("wrong", { version: 1, input: z.object({ message: z.string() }), examples: { one: { message: 1 } } })
  })

  it("when a step that only holds others has a retry", () => {
    // @ts-expect-error the retry belongs to the steps inside
    start().map("items", { over: ({ input }) => input.list, each: (g) => g, retry: { attempts: 2 } })
  })
})

describe("[GRAPH2] outputs are inferred from step to step", () => {
  it("classify gives its labels, plan its shape, a step without a shape text", () => {
    start()
      .classify("topic", {
        text: ({ input }) => input.message,
        labels: { kind: ["bug", "praise"], tone: { angry: "…", calm: "…" } },
      })
      .plan("decision", { prompt: "x", output: z.object({ cents: z.number() }) })
      .generate("reply", { prompt: "x" })
      .output((values) => {
        expectTypeOf(values.topic).toEqualTypeOf<{ readonly kind: "bug" | "praise"; readonly tone: "angry" | "calm" }>()
        expectTypeOf(values.decision).toEqualTypeOf<{ cents: number }>()
        expectTypeOf(values.reply.text).toEqualTypeOf<string>()
      })
  })

  it("a step with `when` may be undefined", () => {
    start()
      .tool("pay", charge, () => ({ cents: 1 }), { when: ({ input }) => input.message !== "" })
      .tool("always", charge, () => ({ cents: 1 }), { timeout: "3s" })
      .output(({ pay, always }) => {
        expectTypeOf(pay).toEqualTypeOf<{ id: string } | undefined>()
        expectTypeOf(always).toEqualTypeOf<{ id: string }>()
      })
  })

  it("a branch gives a union told apart by case", () => {
    start()
      .branch("way", ({ input }) => (input.message === "" ? "pay" : "wait"), {
        pay: (g) => g.tool("charge", charge, () => ({ cents: 1 })),
        wait: (g) => g.output(() => ({ days: 3 })),
      })
      .output(({ way }) => {
        if (way.case === "pay") expectTypeOf(way.charge).toEqualTypeOf<{ id: string }>()
        else expectTypeOf(way.days).toEqualTypeOf<number>()
        // @ts-expect-error only one of the cases has days
        way.days
      })
  })

  it("a map gives a list, and under collect what became of each item", () => {
    start()
      .map("plain", { over: ({ input }) => input.list, each: (g) => g.output(({ item, index }) => item + index) })
      .map("collected", {
        over: ({ input }) => input.list,
        each: (g) => g.output(({ item }) => `${item}`),
        onError: "collect",
      })
      .output(({ plain, collected }) => {
        expectTypeOf(plain).toEqualTypeOf<readonly number[]>()
        const [first] = collected
        if (first?.status === "completed") expectTypeOf(first.output).toEqualTypeOf<string>()
        if (first?.status === "failed") expectTypeOf(first.error.message).toEqualTypeOf<string>()
      })
  })

  it("nested maps each see their own item", () => {
    workflow("nested", { version: 1, input: z.object({ rows: z.array(z.array(z.string())) }) }).map("rows", {
      over: ({ input }) => input.rows,
      each: (g) =>
        g.map("cells", {
          over: ({ item }) => item,
          each: (inner) =>
            inner.output(({ item, index }) => {
              expectTypeOf(item).toEqualTypeOf<string>()
              expectTypeOf(index).toEqualTypeOf<number>()
            }),
        }),
    })
  })

  it("parallel gives a member for each way", () => {
    start()
      .parallel("both", { fraud: (g) => g.code("score", () => 0.5), stock: (g) => g.output(() => 3) })
      .parallel("either", { one: (g) => g.output(() => 1) }, { onError: "collect" })
      .output(({ both, either }) => {
        expectTypeOf(both.fraud.score).toEqualTypeOf<number>()
        expectTypeOf(both.stock).toEqualTypeOf<number>()
        expectTypeOf(either.one.status).toEqualTypeOf<"completed" | "failed">()
      })
  })

  it("a loop gives its last round, and a round sees the one before", () => {
    start()
      .loop("grow", {
        max: 3,
        start: ({ input }) => input.message,
        body: (g) =>
          g.code("longer", ({ previous, iteration }) => `${previous}${iteration}`).output(({ longer }) => longer),
        until: ({ output, previous }) => output.length > previous.length,
      })
      .output(({ grow }) => expectTypeOf(grow).toMatchTypeOf<{ output: string; iterations: number; done: boolean }>())
  })

  it("a child gives its workflow's output, a wait its signal's payload, an agent its shape", () => {
    const inner = workflow("inner", { version: 1, input: z.object({ n: z.number() }) }).output(({ input }) => ({
      n: input.n,
    }))
    const whole = start()
      .child("run", inner, () => ({ n: 1 }))
      .waitFor("reply", { schema: z.object({ text: z.string() }) })
      .waitFor("maybe", { expires: "1d", onTimeout: "continue" })
      .agent("helper", { prompt: "x", tools: [charge], maxTurns: 3, output: z.object({ done: z.boolean() }) })
      .approve("boss", { summary: "?", form: z.object({ note: z.string() }) })
      .output(({ run, reply, maybe, helper, boss }) => {
        expectTypeOf(run).toEqualTypeOf<{ n: number }>()
        expectTypeOf(reply.payload.text).toEqualTypeOf<string>()
        expectTypeOf(maybe.timedOut).toEqualTypeOf<boolean>()
        expectTypeOf(helper.done).toEqualTypeOf<boolean>()
        expectTypeOf(boss.form?.note).toEqualTypeOf<string | undefined>()
        return run.n
      })
    expectTypeOf<NonNullable<typeof whole.outputType>>().toEqualTypeOf<number>()
  })
})
