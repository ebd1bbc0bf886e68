/** `parallel`: goes several ways at once. Its output has the result of each way under its name. */
import { z } from "zod"
import type {
  AnyScope,
  Builder,
  FreshName,
  HolderOptions,
  Maybe,
  Next,
  NoSteps,
  ScopeResult,
} from "../graph/builder.ts"
import { parseWith } from "../graph/schema.ts"
import { must } from "../lib/assert.ts"
import { closure, readHolder } from "./shared/fields.ts"
import { type Collected, concurrency, onError, resultsOf } from "./shared/side-by-side.ts"
import { defineStepKind } from "./step-kind.ts"

interface ParallelConfig {
  readonly concurrency?: number | undefined
  readonly onError?: "fail-fast" | "collect" | undefined
}

const ways = z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9_-]*$/), closure<unknown>())

const config = z.strictObject({ concurrency: concurrency.optional(), onError: onError.optional() })

export const parallel = defineStepKind<ParallelConfig, null>({
  kind: "parallel",
  composite: true,
  define(name, [given, options], scopeOf) {
    const callbacks = Object.entries(parseWith(ways, given, "graph_invalid", name))
    const step = readHolder<ParallelConfig>(name, config, options)
    const { concurrency = callbacks.length, onError = "fail-fast" } = step.config
    const scopes = callbacks.map(([way, callback]) => [way, scopeOf(callback, way)] as const)
    return { ...step, scopes: Object.fromEntries(scopes), summary: { concurrency, onError } }
  },
  resolve: () => null,
  async execute(own, _input, context) {
    const { scopes } = context.node
    const names = Object.keys(scopes)
    const { concurrency = names.length, onError = "fail-fast" } = own
    const tasks = names.map((way) => (runScope: typeof context.runScope) => {
      const scope = must(scopes[way], `there is no way "${way}"`)
      return runScope(`.${way}`, scope)
    })
    const results = resultsOf(await context.all(tasks, { concurrency, onError }), onError)
    return Object.fromEntries(names.map((way, index) => [way, results[index]]))
  },
})

type Ways<Seen> = Readonly<Record<string, (g: Builder<Seen, NoSteps, "scope">) => AnyScope>>

/** The result of each way by its name. */
export type ParallelOutput<Of, OnError extends "fail-fast" | "collect"> = {
  readonly [Way in keyof Of]: Of[Way] extends (g: never) => infer Ended
    ? "collect" extends OnError
      ? Collected<Ended extends AnyScope ? ScopeResult<Ended> : never>
      : Ended extends AnyScope
        ? ScopeResult<Ended>
        : never
    : never
}

declare module "../graph/builder.ts" {
  interface StepMethods<Outer, Local, At extends Level> {
    /** Goes all the ways of `ways` at once. */
    parallel<
      const Name extends string,
      const Of extends Ways<Outer & Local>,
      OnError extends "fail-fast" | "collect" = "fail-fast",
      When extends boolean = true,
    >(
      name: FreshName<Name, Outer & Local>,
      ways: Of,
      options?: {
        /** Ways at once. Default: all. */
        readonly concurrency?: number
        /** `fail-fast` (default): the first failure stops the others and fails the step. `collect`: each result says what became of it. */
        readonly onError?: OnError
      } & HolderOptions<Outer & Local, When>,
    ): Next<Outer, Local, At, Name, Maybe<ParallelOutput<Of, OnError>, When>>
  }
}
