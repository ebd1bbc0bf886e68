/** What authors of workflows import as `"waybill"`. Every name is listed by hand: this list is the public surface. */
import { createWorkflowFactory } from "./graph/builder.ts"
import { stepKinds } from "./steps/index.ts"

/** Starts a workflow: `workflow(name, { version, input }).plan(…).tool(…).output(…)`. */
export const workflow = createWorkflowFactory(stepKinds)

export { NonRetryableError, RetryAfterError } from "./graph/author-errors.ts"
export { media } from "./graph/media.ts"
export { definePolicy, type Policy, type PolicyRule, type PolicyVerdict } from "./graph/policy.ts"
export { type Effect, type Tool, type ToolCall, type ToolDefinition, tool } from "./graph/tool.ts"
export type { Workflow, WorkflowOptions } from "./graph/workflow.ts"
export { WaybillError } from "./lib/errors.ts"
