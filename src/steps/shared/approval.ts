/** A step that asks a person, as `approve` steps and agents whose tools need a yes make it. */
import { z } from "zod"
import { duration, schema } from "../../graph/checks.ts"
import type { Draft } from "../../graph/compile.ts"
import type { StepOptions } from "../../graph/node.ts"
import { jsonSchema, type Schema } from "../../graph/schema.ts"
import type { Duration } from "../../lib/duration.ts"
import type { JsonObject } from "../../lib/json.ts"
import { type Text, text } from "./fields.ts"

export interface ApproveConfig {
  readonly summary: Text
  readonly form?: Schema | undefined
  readonly approvers?: readonly string[] | undefined
  readonly expires?: Duration | undefined
  readonly onTimeout?: "fail" | "reject" | "approve" | undefined
  readonly onReject?: "fail" | "continue" | undefined
}

const fields = z.strictObject({
  summary: text,
  form: schema.optional(),
  approvers: z.array(z.string()).min(1).optional(),
  expires: duration.optional(),
  onTimeout: z.enum(["fail", "reject", "approve"]).optional(),
  onReject: z.enum(["fail", "continue"]).optional(),
})

const TIMELESS = {
  error: "found no expires: without it the time is never over",
  path: ["onTimeout"],
}

export const approveConfig = fields.refine(isTimely, TIMELESS)

/** What an agent's author says of a call that needs a yes. */
export const toolApproval = fields
  .omit({ form: true, onReject: true })
  .extend({ summary: z.string() })
  .refine(isTimely, TIMELESS)

function isTimely({ expires, onTimeout }: Pick<ApproveConfig, "expires" | "onTimeout">): boolean {
  return onTimeout === undefined || expires !== undefined
}

const OUTPUT: JsonObject = {
  type: "object",
  properties: {
    approved: { type: "boolean" },
    by: { type: "string" },
    comment: { type: "string" },
    timedOut: { type: "boolean" },
  },
  required: ["approved", "timedOut"],
}

export function approveDraft(config: ApproveConfig, options: StepOptions): Draft {
  const { form, approvers, onTimeout = "fail", onReject = "fail" } = config
  const summary = {
    onTimeout,
    onReject,
    ...(approvers ? { approvers } : {}),
    ...(form ? { form: jsonSchema(form) } : {}),
  }
  return { config, options, outputSchema: OUTPUT, summary }
}
