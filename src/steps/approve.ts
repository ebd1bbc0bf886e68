/** `approve`: waits for a person to say yes or no, without holding the run in memory. */
import { z } from "zod"
import type { FreshName, Maybe, Next } from "../graph/builder.ts"
import { jsonSchema, parseWith, type Schema } from "../graph/schema.ts"
import { type Duration, durationMs } from "../lib/duration.ts"
import { WaybillError } from "../lib/errors.ts"
import type { Json } from "../lib/json.ts"
import { type ApproveConfig, approveConfig, approveDraft } from "./shared/approval.ts"
import { readStep, readText } from "./shared/fields.ts"
import { defineStepKind } from "./step-kind.ts"

interface ApproveInput {
  readonly summary: string
  readonly untilMs?: number
}

/** What an `approve` step gives. */
export interface Approval<Form = undefined> {
  readonly approved: boolean
  /** Who decided; absent when the time was over. */
  readonly by?: string
  readonly comment?: string
  readonly form?: Form
  readonly timedOut: boolean
}

const answer = z.object({
  approved: z.boolean(),
  by: z.string().optional(),
  comment: z.string().optional(),
  form: z.json().optional(),
})

export const approve = defineStepKind<ApproveConfig, ApproveInput>({
  kind: "approve",
  define(name, [given]) {
    const step = readStep<ApproveConfig>(name, approveConfig, given)
    return approveDraft(step.config, step.options)
  },
  input: () => z.strictObject({ summary: z.string(), untilMs: z.int().exactOptional() }),
  resolve(own, values, { nowMs }) {
    return {
      summary: readText(own.summary, values),
      ...(own.expires === undefined ? {} : { untilMs: nowMs + durationMs(own.expires) }),
    }
  },
  async execute(own, input, context) {
    const outcome = await context.wait({
      reason: "approval",
      summary: input.summary,
      ...(input.untilMs === undefined ? {} : { untilMs: input.untilMs }),
      ...(own.form ? { form: jsonSchema(own.form) as Json } : {}),
      ...(own.approvers ? { approvers: own.approvers } : {}),
    })
    if (outcome.type === "timeout") return timedOut(own, context.path)
    const given = parseWith(answer, outcome.payload, "signal_invalid", context.path)
    if (!given.approved && own.onReject !== "continue")
      throw new WaybillError(
        "approval_rejected",
        `${given.by ?? "Somebody"} rejected it${given.comment ? `: ${given.comment}` : ""}.`,
        { path: context.path },
      )
    return { ...given, timedOut: false }
  },
})

function timedOut(own: ApproveConfig, path: string): Approval {
  if (own.onTimeout === "approve" || own.onTimeout === "reject")
    return { approved: own.onTimeout === "approve", timedOut: true }
  throw new WaybillError("wait_timeout", `Nobody decided within ${String(own.expires)}.`, { path })
}

declare module "../graph/builder.ts" {
  interface StepMethods<Outer, Local, At extends Level> {
    /** Asks a person. A rejection fails the step unless `onReject` is `continue`. */
    approve<const Name extends string, Form = undefined, When extends boolean = true>(
      name: FreshName<Name, Outer & Local>,
      step: {
        /** What the person reads. */
        readonly summary: string | ((values: Outer & Local) => string)
        /** What the person fills in with a yes. */
        readonly form?: Schema<Form>
        /** Who may decide; without it, whoever may reach the run. */
        readonly approvers?: readonly string[]
        /** How long to wait; without it, for ever. */
        readonly expires?: Duration
        /** What happens when the time is over. Default `fail`. */
        readonly onTimeout?: "fail" | "reject" | "approve"
        /** What a no does. Default `fail`. */
        readonly onReject?: "fail" | "continue"
      } & Options<Outer & Local, When>,
    ): Next<Outer, Local, At, Name, Maybe<Approval<Form>, When>>
  }
}
