/** `map`: does the same for every item of a list, several at once, and gives the results in the order of the items. */
import { z } from "zod"
import type { FreshName, HolderOptions, Inside, Maybe, Next, ScopeResult } from "../graph/builder.ts"
import { sourceDigest } from "../graph/compile.ts"
import { must } from "../lib/assert.ts"
import { WaybillError } from "../lib/errors.ts"
import { DEFAULT_CONCURRENCY, MAX_MAP_ITEMS } from "../lib/limits.ts"
import { type Closure, closure, readHolder } from "./shared/fields.ts"
import { type Collected, concurrency, onError, resultsOf } from "./shared/side-by-side.ts"
import { defineStepKind } from "./step-kind.ts"

interface MapConfig {
  readonly over: Closure<readonly unknown[]>
  readonly each: unknown
  readonly concurrency?: number | undefined
  readonly onError?: "fail-fast" | "collect" | undefined
}

const config = z.strictObject({
  over: closure<readonly unknown[]>(),
  each: closure<unknown>(),
  concurrency: concurrency.optional(),
  onError: onError.optional(),
})

export const map = defineStepKind<MapConfig, readonly unknown[]>({
  kind: "map",
  composite: true,
  define(name, [given], scopeOf) {
    const step = readHolder<MapConfig>(name, config, given)
    const { concurrency = DEFAULT_CONCURRENCY, onError = "fail-fast" } = step.config
    const summary = { over: sourceDigest(step.config.over), concurrency, onError }
    return { ...step, scopes: { each: scopeOf(step.config.each, "each") }, summary }
  },
  input: () => z.array(z.unknown()).max(MAX_MAP_ITEMS),
  // The items are the step's input: what they are is decided once, however often the run is taken up again.
  resolve(own, values) {
    const items: unknown = own.over(values)
    if (!Array.isArray(items))
      throw new WaybillError("not_a_list", `Found ${items === null ? "null" : typeof items}, expected an array.`)
    if (items.length > MAX_MAP_ITEMS)
      throw new WaybillError("limit_exceeded", `Found ${items.length} items, expected at most ${MAX_MAP_ITEMS}.`, {
        limit: MAX_MAP_ITEMS,
      })
    return items
  },
  async execute(own, items, context) {
    const { concurrency = DEFAULT_CONCURRENCY, onError = "fail-fast" } = own
    const each = must(context.node.scopes.each, "a map has a scope for each item")
    const tasks = items.map(
      (item, index) => (runScope: typeof context.runScope) => runScope(`[${index}]`, each, { item, index }),
    )
    return resultsOf(await context.all(tasks, { concurrency, onError }), onError)
  },
})

declare module "../graph/builder.ts" {
  interface StepMethods<Outer, Local, At extends Level> {
    /** Does `each` for every item of `over`; the scope sees `item` and `index`. Gives the results in order. */
    map<
      const Name extends string,
      Item,
      Ended extends AnyScope,
      OnError extends "fail-fast" | "collect" = "fail-fast",
      When extends boolean = true,
    >(
      name: FreshName<Name, Outer & Local>,
      step: {
        readonly over: (values: Outer & Local) => readonly Item[]
        readonly each: (
          g: Builder<Inside<Outer & Local, { readonly item: Item; readonly index: number }>, NoSteps, "scope">,
        ) => Ended
        /** Items at once. Default 10. */
        readonly concurrency?: number
        /** `fail-fast` (default): the first failure stops the others and fails the step. `collect`: each result says what became of it. */
        readonly onError?: OnError
      } & HolderOptions<Outer & Local, When>,
    ): Next<
      Outer,
      Local,
      At,
      Name,
      Maybe<readonly ("collect" extends OnError ? Collected<ScopeResult<Ended>> : ScopeResult<Ended>)[], When>
    >
  }
}
