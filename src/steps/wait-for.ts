/** `waitFor`: waits for a signal from outside, without holding the run in memory. */
import { z } from "zod"
import type { FreshName, Maybe, Next } from "../graph/builder.ts"
import { duration, schema } from "../graph/checks.ts"
import { jsonSchema, parseWith, type Schema } from "../graph/schema.ts"
import { type Duration, durationMs } from "../lib/duration.ts"
import { WaybillError } from "../lib/errors.ts"
import { readStep, readText, type Text, text } from "./shared/fields.ts"
import { defineStepKind } from "./step-kind.ts"

interface WaitForConfig {
  readonly signal: Text
  readonly schema?: Schema | undefined
  readonly expires?: Duration | undefined
  readonly onTimeout?: "fail" | "continue" | undefined
}

interface WaitForInput {
  readonly signal: string
  readonly untilMs?: number
}

/** A signal that arrived, with what it carried. */
export interface Received<Payload> {
  readonly timedOut: false
  readonly payload: Payload
  /** Who sent it, when that is known. */
  readonly by?: string
  /** When it arrived, milliseconds since the epoch. */
  readonly atMs: number
}

/** No signal came in time. */
export interface NotReceived {
  readonly timedOut: true
}

const config = z
  .strictObject({
    signal: text,
    schema: schema.optional(),
    expires: duration.optional(),
    onTimeout: z.enum(["fail", "continue"]).optional(),
  })
  .refine(({ expires, onTimeout }) => onTimeout === undefined || expires !== undefined, {
    error: "found no expires: without it the time is never over",
    path: ["onTimeout"],
  })

export const waitFor = defineStepKind<WaitForConfig, WaitForInput>({
  kind: "waitFor",
  define(name, [given = {}]) {
    const named = { signal: name, ...(given as object) }
    const step = readStep<WaitForConfig>(name, config, named)
    const { signal, onTimeout = "fail" } = step.config
    const carried = step.config.schema ? jsonSchema(step.config.schema) : {}
    const summary = { onTimeout, payload: carried, ...(typeof signal === "string" ? { signal } : {}) }
    const outputSchema = { type: "object", properties: { timedOut: { type: "boolean" }, payload: carried } }
    return { ...step, outputSchema, summary }
  },
  takes: ({ signal, schema }) => ({ schema, ...(typeof signal === "string" ? { signal } : {}) }),
  input: () => z.strictObject({ signal: z.string(), untilMs: z.int().exactOptional() }),
  resolve: (own, values, { nowMs }) => ({
    signal: readText(own.signal, values),
    ...(own.expires === undefined ? {} : { untilMs: nowMs + durationMs(own.expires) }),
  }),
  async execute(own, input, context): Promise<Received<unknown> | NotReceived> {
    const outcome = await context.wait({
      reason: "signal",
      ...input,
      ...(own.schema ? { form: jsonSchema(own.schema) } : {}),
    })
    if (outcome.type === "timeout") {
      if (own.onTimeout === "continue") return { timedOut: true }
      const message = `No signal "${input.signal}" came within ${String(own.expires)}.`
      throw new WaybillError("wait_timeout", message, { path: context.path })
    }
    const { payload, by, atMs } = outcome
    const read = own.schema ? parseWith(own.schema, payload, "signal_invalid", input.signal) : payload
    return { timedOut: false, payload: read, atMs, ...(by === undefined ? {} : { by }) }
  },
})

declare module "../graph/builder.ts" {
  interface StepMethods<Outer, Local, At extends Level> {
    /**
     * Waits for a signal. One that came before the step began is taken too; each signal ends one wait. When the time is over
     * the step fails with `wait_timeout`, unless `onTimeout` is `continue`.
     */
    waitFor<
      const Name extends string,
      Payload = unknown,
      OnTimeout extends "fail" | "continue" = "fail",
      When extends boolean = true,
    >(
      name: FreshName<Name, Outer & Local>,
      step?: {
        /** The signal's name. Default: the step's. */
        readonly signal?: string | ((values: Outer & Local) => string)
        /** What it must carry: a signal that does not is refused, and the wait goes on. */
        readonly schema?: Schema<Payload>
        /** How long to wait; without it, for ever. */
        readonly expires?: Duration
        readonly onTimeout?: OnTimeout
      } & Options<Outer & Local, When>,
    ): Next<
      Outer,
      Local,
      At,
      Name,
      Maybe<"continue" extends OnTimeout ? Received<Payload> | NotReceived : Received<Payload>, When>
    >
  }
}
