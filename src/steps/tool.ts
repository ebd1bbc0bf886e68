/** `tool`: calls one of the author's tools, with its input and output checked. */
import { z } from "zod"
import type { FreshName, Maybe, Next } from "../graph/builder.ts"
import { parseWith } from "../graph/schema.ts"
import type { Tool } from "../graph/tool.ts"
import { untilAborted } from "../lib/abort.ts"
import { closure, readOptions, toolField } from "./shared/fields.ts"
import { type ToolConfig, toolDraft } from "./shared/tool.ts"
import { defineStepKind } from "./step-kind.ts"

const config = z.strictObject({ tool: toolField, input: closure<unknown>() })

export const tool = defineStepKind<ToolConfig, unknown>({
  kind: "tool",
  define: (name, [given, input, options]) =>
    toolDraft(parseWith(config, { tool: given, input }, "graph_invalid", name), readOptions(name, options)),
  tool: (own) => own.tool,
  output: (own) => own.tool.output,
  // An unsafe call that failed may have happened all the same: only its author can say that it may be sent again.
  retry: (own) => own.tool.retry ?? (own.tool.effect === "unsafe" ? { attempts: 1 } : {}),
  timeout: (own) => own.tool.timeout,
  resolve: (own, values) => parseWith(own.tool.input, own.input(values), "tool_input_invalid", own.tool.name),
  async execute(own, input, context) {
    const { idempotencyKey, signal, attempt, secrets, fetch } = context
    const call = { input, idempotencyKey, signal, attempt, secrets, fetch }
    const output = await untilAborted(Promise.resolve(own.tool.run(call)), signal)
    return parseWith(own.tool.output, output, "tool_output_invalid", own.tool.name)
  },
})

declare module "../graph/builder.ts" {
  interface StepMethods<Outer, Local, At extends Level> {
    /** Calls `tool` with what `input` makes of the values. */
    tool<const Name extends string, Input, Output, When extends boolean = true>(
      name: FreshName<Name, Outer & Local>,
      tool: Tool<Input, Output>,
      input: (values: Outer & Local) => NoInfer<Input>,
      options?: Options<Outer & Local, When>,
    ): Next<Outer, Local, At, Name, Maybe<Output, When>>
  }
}
