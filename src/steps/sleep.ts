/** `sleep`: does nothing for a while, be it months. Nothing is held in memory meanwhile. */
import { z } from "zod"
import type { FreshName, Maybe, Next } from "../graph/builder.ts"
import { duration } from "../graph/checks.ts"
import type { Values } from "../graph/node.ts"
import { parseWith } from "../graph/schema.ts"
import { type Duration, durationMs } from "../lib/duration.ts"
import { WaybillError } from "../lib/errors.ts"
import type { JsonObject } from "../lib/json.ts"
import { type Closure, closure, readOptions } from "./shared/fields.ts"
import { defineStepKind } from "./step-kind.ts"

interface SleepConfig {
  readonly until: Duration | Closure<Duration | Date>
}

/** What a `sleep` step gives. */
export interface Slept {
  /** When the sleep was to end, milliseconds since the epoch. */
  readonly untilMs: number
}

const config = z.strictObject({ until: z.union([duration, closure<Duration | Date>()]) })

const OUTPUT: JsonObject = { type: "object", properties: { untilMs: { type: "number" } }, required: ["untilMs"] }

export const sleep = defineStepKind<SleepConfig, Slept>({
  kind: "sleep",
  define(name, [until, options]) {
    const own = parseWith(config, { until }, "graph_invalid", name)
    const summary = typeof until === "function" ? {} : { for: until as Duration }
    return { config: own, options: readOptions(name, options), outputSchema: OUTPUT, summary }
  },
  input: () => z.strictObject({ untilMs: z.int() }),
  // The end is fixed when the step starts: attempts, crashes and restarts do not move it.
  resolve: (own, values, { nowMs }) => ({ untilMs: endOf(own, values, nowMs) }),
  async execute(_own, input, context): Promise<Slept> {
    await context.wait({ reason: "sleep", untilMs: input.untilMs })
    return input
  },
})

function endOf({ until }: SleepConfig, values: Values, nowMs: number): number {
  const given = typeof until === "function" ? until(values) : until
  if (!(given instanceof Date)) return nowMs + durationMs(given, "sleep")
  if (Number.isNaN(given.getTime()))
    throw new WaybillError("invalid_duration", "Found a date that is none, expected a valid date or a duration.")
  return given.getTime()
}

declare module "../graph/builder.ts" {
  interface StepMethods<Outer, Local, At extends Level> {
    /** Waits for a duration, or until a date. A date that is past ends the wait at once. */
    sleep<const Name extends string, When extends boolean = true>(
      name: FreshName<Name, Outer & Local>,
      until: Duration | ((values: Outer & Local) => Duration | Date),
      options?: Options<Outer & Local, When>,
    ): Next<Outer, Local, At, Name, Maybe<Slept, When>>
  }
}
