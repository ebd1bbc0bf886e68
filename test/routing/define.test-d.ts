/** What the type checker refuses in a routing configuration. */
import { expectTypeOf, it } from "vitest"
import type { CompiledRouting } from "../../src/routing/compiled.ts"
import { defineRouting } from "../../src/routing/define.ts"

it("takes aliases, models in full, and typed conditions", () => {
  const routing = defineRouting({
    models: { fast: "openai/gpt-5-nano", strong: { model: "anthropic/claude-opus-5", region: "eu" } },
    routes: {
      plan: {
        try: ["fast", { model: "strong", when: { "step.failures": { $gte: 2 } } }, "local/extract"],
        timeout: "10s",
      },
    },
    rules: [{ when: { any: [{ tags: "vip" }, { "tenant.plan": { $in: ["pro", null] } }] }, use: "strong" }],
    redact: [{ detect: ["secret"], mode: "token" }],
  })
  expectTypeOf(routing).toEqualTypeOf<CompiledRouting>()
})

const routes = { plan: { try: ["a/b"] } } as const

it("refuses names that lead nowhere", () => {
  // @ts-expect-error an unknown alias
  const alias = () => defineRouting({ models: { fast: "a/b" }, routes: { plan: { try: ["fsat"] } } })
  // @ts-expect-error an alias where none is defined
  const none = () => defineRouting({ routes: { plan: { try: ["fast"] } } })
  // @ts-expect-error an unknown key
  const key = () => defineRouting({ routes: { plan: { try: ["a/b"], tmeout: "3s" } } })
  // @ts-expect-error an unknown field
  const field = () => defineRouting({ routes, rules: [{ when: { "run.regoin": "eu" }, use: "a/b" }] })
  // @ts-expect-error a value of the wrong type
  const value = () => defineRouting({ routes, rules: [{ when: { "step.failures": "2" }, use: "a/b" }] })
  // @ts-expect-error an unknown detector
  const detector = () => defineRouting({ routes, redact: [{ detect: ["sekret"], mode: "token" }] })
  // @ts-expect-error a duration without a unit
  const duration = () => defineRouting({ routes: { plan: { try: ["a/b"], timeout: "10" } } })
  expectTypeOf([alias, none, key, field, value, detector, duration]).toBeArray()
})
