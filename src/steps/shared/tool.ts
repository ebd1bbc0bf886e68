/** A step that calls a tool, as `tool` steps and the turns of an agent make it. */
import { type Draft, sourceDigest } from "../../graph/compile.ts"
import type { StepOptions } from "../../graph/node.ts"
import { jsonSchema } from "../../graph/schema.ts"
import type { Tool } from "../../graph/tool.ts"
import type { Closure } from "./fields.ts"

export interface ToolConfig {
  readonly tool: Tool
  readonly input: Closure<unknown>
}

export function toolDraft(config: ToolConfig, options: StepOptions): Draft {
  const { name, effect, description, compensate, input, output } = config.tool
  return {
    config,
    options,
    outputSchema: jsonSchema(output),
    summary: {
      tool: name,
      effect,
      description,
      compensates: compensate !== undefined,
      inputSchema: jsonSchema(input, "input"),
      input: sourceDigest(config.input),
    },
  }
}
