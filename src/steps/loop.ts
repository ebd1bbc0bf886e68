/** `loop`: does the same again until a condition holds, at most `max` times. Each round sees what the one before gave. */
import { z } from "zod"
import type { FreshName, HolderOptions, Inside, Maybe, Next, ScopeResult } from "../graph/builder.ts"
import { sourceDigest } from "../graph/compile.ts"
import { must } from "../lib/assert.ts"
import { WaybillError } from "../lib/errors.ts"
import { MAX_STEPS_PER_RUN } from "../lib/limits.ts"
import { type Closure, closure, readHolder } from "./shared/fields.ts"
import { defineStepKind } from "./step-kind.ts"

interface LoopConfig {
  readonly max: number
  readonly body: unknown
  readonly start?: Closure<unknown> | undefined
  readonly until?: Closure<boolean> | undefined
  readonly onMax?: "continue" | "fail" | undefined
}

interface LoopInput {
  readonly start?: unknown
}

/** What a `loop` step gives. */
export interface Looped<Result> {
  /** What the last round gave. */
  readonly output: Result
  readonly iterations: number
  /** Whether `until` held; false when the rounds ran out. */
  readonly done: boolean
}

const config = z.strictObject({
  max: z
    .int({ error: "expected max, the most rounds that may be made: without it a loop might never end" })
    .min(1)
    .max(MAX_STEPS_PER_RUN),
  body: closure<unknown>(),
  start: closure<unknown>().optional(),
  until: closure<boolean>().optional(),
  onMax: z.enum(["continue", "fail"]).optional(),
})

export const loop = defineStepKind<LoopConfig, LoopInput>({
  kind: "loop",
  composite: true,
  define(name, [given], scopeOf) {
    const step = readHolder<LoopConfig>(name, config, given)
    const { max, until, start, body, onMax = "continue" } = step.config
    const summary = {
      max,
      onMax,
      ...(start ? { start: sourceDigest(start) } : {}),
      ...(until ? { until: sourceDigest(until) } : {}),
    }
    return { ...step, scopes: { body: scopeOf(body, "body") }, summary }
  },
  input: () => z.strictObject({ start: z.unknown() }).partial(),
  resolve: (own, values) => (own.start ? { start: own.start(values) } : {}),
  async execute(own, input, context): Promise<Looped<unknown>> {
    const body = must(context.node.scopes.body, "a loop has a body")
    let previous = input.start
    for (let iteration = 0; ; iteration += 1) {
      const output = await context.runScope(`[${iteration}]`, body, { iteration, previous })
      const iterations = iteration + 1
      const done = own.until ? await context.evaluate(own.until, { iteration, previous, output }) : false
      if (done || iterations === own.max) {
        if (!done && own.onMax === "fail") throw exhausted(own.max, context.path)
        return { output: output ?? null, iterations, done }
      }
      previous = output
    }
  },
})

function exhausted(max: number, path: string): WaybillError {
  return new WaybillError("limit_exceeded", `The loop made ${max} rounds and its condition never held.`, {
    path,
    limit: max,
  })
}

declare module "../graph/builder.ts" {
  interface StepMethods<Outer, Local, At extends Level> {
    /**
     * Does `body` again and again. It sees `iteration`, from 0, and `previous`: what the round before gave, in the first
     * round what `start` gives. A body that reads `previous` gives what `start` gives, and needs a `start`.
     */
    loop<
      const Name extends string,
      Ended extends { readonly [RESULT]?: NoInfer<State> },
      State = unknown,
      When extends boolean = true,
    >(
      name: FreshName<Name, Outer & Local>,
      step: {
        /** The most rounds. */
        readonly max: number
        readonly start?: (values: Outer & Local) => State
        readonly body: (
          g: Builder<Inside<Outer & Local, { readonly iteration: number; readonly previous: State }>, NoSteps, "scope">,
        ) => Ended
        /** Ends the loop after the round for which it is true; `output` is what the round gave. Without it, `max` rounds are made. */
        readonly until?: (
          values: Inside<
            Outer & Local,
            { readonly iteration: number; readonly previous: State; readonly output: ScopeResult<Ended> }
          >,
        ) => boolean
        /** Whether the step fails when `until` never held. Default `continue`. */
        readonly onMax?: "continue" | "fail"
      } & HolderOptions<Outer & Local, When>,
    ): Next<Outer, Local, At, Name, Maybe<Looped<ScopeResult<Ended>>, When>>
  }
}
