/** The workflows that tests inside workerd run: small, and each made to show one thing. */
import { definePolicy, media, tool, workflow } from "waybill"
import { z } from "zod"
import { liveWorkflows } from "./live-workflows.ts"
import { mendingWorkflows } from "./mending.ts"

/** A model, a person, a tool: the shape of most real runs. */
const desk = workflow("desk", {
  version: 1,
  description: "Classifies a message, asks a person about large amounts, and pays.",
  input: z.strictObject({ message: z.string().min(1), amount: z.number().nonnegative() }),
  examples: { small: { message: "charged twice", amount: 10 }, large: { message: "charged twice", amount: 900 } },
})
  .classify("topic", { text: ({ input }) => input.message, labels: { kind: ["billing", "other"] } })
  .branch("outcome", ({ topic }) => topic.kind, {
    billing: (g) =>
      g
        .approve("manager", { when: ({ input }) => input.amount > 50, summary: ({ input }) => `Pay ${input.amount}?` })
        .tool("pay", pay(), ({ input }) => ({ amount: input.amount })),
    other: (g) => g,
  })
  .output(({ topic, outcome }) => ({ kind: topic.kind, case: outcome.case }))

/** Media in every place that a schema can put them. */
const album = workflow("album", {
  version: 1,
  input: z.object({ cover: media(), pages: z.array(z.object({ scan: media() })).optional() }),
})
  .code("count", ({ input }) => 1 + (input.pages?.length ?? 0))
  .output(({ count, input }) => ({ count, cover: input.cover }))

/** Fails, with an error of the author's. */
const broken = workflow("broken", { version: 1, input: z.object({}) })
  .code("boom", () => {
    throw new Error("the sky fell")
  })
  .output(() => null)

/** Reaches for the network where it should not, and does not mind when nobody is there. */
const reaching = workflow("reaching", { version: 1, input: z.object({}) })
  .code("page", () =>
    fetch("http://127.0.0.1:9/").then(
      () => "somebody",
      (error: { readonly code?: string }) => error.code ?? "nobody",
    ),
  )
  .output(({ page }) => page)

/** Judges a text. */
const letters = workflow("letters", { version: 1, input: z.object({ text: z.string() }) })
  .moderate("check", {
    text: ({ input }) => input.text,
    policy: definePolicy({ name: "letters", version: 1, thresholds: { harassment: 0.7 } }),
  })
  .output(({ check }) => check.flagged)

/** Does something, fails, and undoes it: events follow the end of the run. */
const undone = workflow("undone", { version: 1, input: z.object({}) })
  .tool("book", book(), () => ({}))
  .code("boom", () => {
    throw new Error("no seat left")
  })
  .output(() => null)

/** Asks a model, waits for somebody, and asks again. */
const routed = workflow("routed", { version: 1, input: z.object({}) })
  .generate("before", { prompt: () => "Who are you?" })
  .waitFor("go", { signal: "go" })
  .generate("after", { prompt: () => "And now?" })
  .output(({ before, after }) => ({ before: before.text, after: after.text }))

function book() {
  return tool({
    name: "book",
    description: "Books a seat.",
    input: z.object({}),
    output: z.object({ seat: z.string() }),
    effect: "idempotent",
    run: () => ({ seat: "12A" }),
    compensate: () => ({ cancelled: true }),
  })
}

function pay() {
  return tool({
    name: "pay",
    description: "Pays.",
    input: z.object({ amount: z.number() }),
    output: z.object({ receipt: z.string() }),
    effect: "idempotent",
    run: ({ idempotencyKey }) => ({ receipt: idempotencyKey }),
  })
}

export const workflows = [desk, album, broken, letters, reaching, undone, routed, ...liveWorkflows, ...mendingWorkflows]
