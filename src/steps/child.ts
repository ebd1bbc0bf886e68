/** `child`: runs another workflow as a run of its own and waits for its output. */
import { z } from "zod"
import type { FreshName, Maybe, Next } from "../graph/builder.ts"
import { checkedBy, jsonSchema, parseWith } from "../graph/schema.ts"
import type { Workflow } from "../graph/workflow.ts"
import { WaybillError } from "../lib/errors.ts"
import type { Json } from "../lib/json.ts"
import { type Closure, closure, readStep } from "./shared/fields.ts"
import { defineStepKind } from "./step-kind.ts"

interface ChildConfig {
  readonly workflow: Workflow
  readonly input: Closure<unknown>
  readonly onCancel?: "cancel" | "leave" | undefined
}

const config = z.strictObject({
  workflow: z.custom<Workflow>(
    (value) => typeof value === "object" && value !== null && "scope" in value && "digest" in value,
    "expected a workflow, which is what .output(…) returns",
  ),
  input: closure<unknown>(),
  onCancel: z.enum(["cancel", "leave"]).optional(),
})

/** What a child run tells when it ends. */
const end = z.object({
  runId: z.string(),
  status: z.enum(["succeeded", "failed", "cancelled"]),
  output: z.json().optional(),
  error: z.object({ message: z.string() }).loose().optional(),
})

export const child = defineStepKind<ChildConfig, Json>({
  kind: "child",
  define(name, [workflow, input, options]) {
    const step = readStep<ChildConfig>(name, config, { ...(options as object | undefined), workflow, input })
    const { outputSchema, name: childName } = step.config.workflow
    const summary = { workflow: childName, onCancel: step.config.onCancel ?? "cancel" }
    return { ...step, ...(outputSchema ? { outputSchema: jsonSchema(outputSchema) } : {}), summary }
  },
  output: (own) => own.workflow.outputSchema,
  starts: (own) => own.workflow,
  // Only a check, as in `resolve`.
  input: (own) => checkedBy(own.workflow.input),
  resolve(own, values) {
    const input = own.input(values)
    // Only a check: the child reads its input itself, and a schema that transforms must not do so twice.
    parseWith(own.workflow.input, input, "input_invalid", `${own.workflow.name}.input`)
    return input as Json
  },
  async execute(own, input, context) {
    const leave = own.onCancel === "leave"
    const childRunId = await context.startChild({ workflow: own.workflow.name, input, leave })
    const outcome = await context.wait({ reason: "child", childRunId })
    if (outcome.type === "timeout") throw new Error("Broken invariant: a wait without an end has ended")
    return outputOf(own, parseWith(end, outcome.payload, "signal_invalid", context.path), context.path)
  },
})

function outputOf(own: ChildConfig, { status, runId, output, error }: z.infer<typeof end>, path: string): unknown {
  if (status === "succeeded") return output ?? null
  const cause = error ? `: ${rootMessage(error)}` : ""
  throw new WaybillError(
    "child_failed",
    `The run ${runId} of ${own.workflow.name} ${status === "failed" ? "failed" : "was cancelled"}${cause}`,
    {
      path,
      childRunId: runId,
      ...(error ? { error } : {}),
    },
  )
}

/** What went wrong at the bottom, where it began: how it came up from there is in the details. */
function rootMessage(error: NonNullable<z.infer<typeof end>["error"]>): string {
  const below = end.shape.error.safeParse(Object(error.details).error).data
  return error.code === "child_failed" && below ? rootMessage(below) : error.message
}

declare module "../graph/builder.ts" {
  interface StepMethods<Outer, Local, At extends Level> {
    /**
     * Starts a run of `workflow` and waits for its output. A child that fails fails the step with `child_failed`; with a
     * `retry`, each attempt is a new child run.
     */
    child<const Name extends string, Input, Output, When extends boolean = true>(
      name: FreshName<Name, Outer & Local>,
      workflow: Workflow<Input, Output>,
      input: (values: Outer & Local) => NoInfer<Input>,
      options?: {
        /** Whether the child is cancelled when the step is stopped, and undone when the run is. Default `cancel`. */
        readonly onCancel?: "cancel" | "leave"
      } & Options<Outer & Local, When>,
    ): Next<Outer, Local, At, Name, Maybe<Output, When>>
  }
}
