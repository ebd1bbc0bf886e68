/** Tools that are not called in a run: what each call of them gives was said when the run was made. */
import { parseWith } from "../graph/schema.ts"
import type { Tool } from "../graph/tool.ts"
import type { Workflow } from "../graph/workflow.ts"
import { WaybillError } from "../lib/errors.ts"
import { type Json, toJson } from "../lib/json.ts"
import type { Stored } from "../run/event.ts"
import type { StepKind } from "../steps/step-kind.ts"
import { allNodes } from "./locate.ts"
import type { Session } from "./session.ts"
import type { StepRun } from "./step-run.ts"

/**
 * The stubs as the output schemas of their tools read them. Throws `request_invalid` for a tool that no step calls, and
 * `output_refused`.
 */
export function checkedStubs(
  stubs: Readonly<Record<string, Json>>,
  { name, scope }: Workflow,
  kinds: Readonly<Record<string, StepKind>>,
): Record<string, Json> {
  const tools = new Map<string, Tool>()
  for (const node of allNodes(scope)) {
    const kind = kinds[node.kind]
    const own = kind?.tool?.(node.config)
    for (const tool of kind?.tools?.(node.config) ?? (own ? [own] : [])) tools.set(tool.name, tool)
  }
  const checked = Object.entries(stubs).map(([called, output]) => {
    const path = `stubs.${called}`
    const tool = tools.get(called)
    if (tool) return [called, toJson(parseWith(tool.output, output, "output_refused", path), path)] as const
    const known = [...tools.keys()].join(", ") || "(none)"
    const message = `${path}: found a tool that ${name} does not call, expected one of: ${known}.`
    throw new WaybillError("request_invalid", message, { path })
  })
  return Object.fromEntries(checked)
}

/** What the step gives without calling its tool; undefined when it is to call it. In the order of a recording, that answers. */
export function stubOf({ log, host }: Session, { kind, node }: StepRun): Stored | undefined {
  const { stubs } = log.header
  const tool = stubs && kind.tool?.(node.config)
  return tool && !host.playback?.cues && Object.hasOwn(stubs, tool.name) ? stubs[tool.name] : undefined
}
