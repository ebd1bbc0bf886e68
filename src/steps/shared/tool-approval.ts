/** The calls of an agent's tools that a person has to agree to first: each is an `approve` step before the tool's own. */
import { makeNode } from "../../graph/compile.ts"
import type { StepNode, Values } from "../../graph/node.ts"
import { parseWith } from "../../graph/schema.ts"
import type { Duration } from "../../lib/duration.ts"
import { canonicalJson, type Json } from "../../lib/json.ts"
import type { StepContext } from "../step-kind.ts"
import { type ApproveConfig, approveDraft, toolApproval } from "./approval.ts"

/** A call that an agent's model wants to make. */
export interface WantedCall {
  /** The tool's name. */
  readonly tool: string
  /** As the tool's schema allows it. */
  readonly input: Json
}

/** What a person is asked about a call. */
export interface ToolApproval {
  /** What the person reads. */
  readonly summary: string
  /** Who may decide; without it, whoever may reach the run. */
  readonly approvers?: readonly string[] | undefined
  /** How long to wait; without it, for ever. */
  readonly expires?: Duration | undefined
  /** What happens when the time is over; anything but `approve` is told to the model. Default `fail`. */
  readonly onTimeout?: "fail" | "reject" | "approve" | undefined
}

/** Whether a call needs a yes, and how that is asked for. Pure. */
export type NeedsApproval = (call: WantedCall, values: Values) => boolean | ToolApproval

/** What the name of the step that asks ends with; its beginning is the name of the step that calls the tool. */
export const APPROVAL = "-approval"

/** The step that asks before the one named `name`; undefined when nobody has to be asked. */
export async function approvalNode(
  context: StepContext,
  needs: NeedsApproval | undefined,
  name: string,
  call: WantedCall,
): Promise<StepNode | undefined> {
  const wanted = needs && (await context.evaluate((values) => needs(call, values)))
  if (!wanted) return undefined
  const summary = `${context.node.name} wants to call ${call.tool} with ${canonicalJson(call.input)}`
  const path = `${context.path}.approve`
  return nodeOf(
    name,
    parseWith(toolApproval, wanted === true ? { summary } : wanted, "graph_invalid", path),
    context.path,
  )
}

/** As far as it can be known without the call: what the node of the step named `name` is. */
export function someApprovalNode(name: string, path: string): StepNode {
  return nodeOf(name.slice(0, -APPROVAL.length), { summary: "" }, path)
}

/** The answer of somebody who did not agree, or of nobody. */
export interface Refused {
  readonly by?: string
  readonly comment?: string
  readonly timedOut: boolean
}

/** What the model is told of a call that nobody agreed to. */
export function refusal({ by, comment, timedOut }: Refused): Json {
  if (timedOut) return { error: "Nobody agreed to the call in time." }
  return { error: `${by ?? "Somebody"} rejected the call${comment === undefined ? "" : `: ${comment}`}.` }
}

function nodeOf(name: string, config: ApproveConfig, path: string): StepNode {
  return makeNode("approve", `${name}${APPROVAL}`, approveDraft({ ...config, onReject: "continue" }, {}), path)
}
