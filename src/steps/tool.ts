/** `tool`: calls one of the author's tools, with its input and output checked. */

import { z } from "zod"
import type { FreshName, Maybe, Next } from "../graph/builder.ts"
import { jsonSchema, parseWith } from "../graph/schema.ts"
import type { Tool } from "../graph/tool.ts"
import { errorFrom } from "../lib/errors.ts"
import { type Closure, closure, readOptions, toolField } from "./shared/fields.ts"
import { defineStepKind } from "./step-kind.ts"

interface ToolConfig {
  readonly tool: Tool
  readonly input: Closure<unknown>
}

const config = z.strictObject({ tool: toolField, input: closure<unknown>() })

export const tool = defineStepKind<ToolConfig, unknown>({
  kind: "tool",
  define(name, [given, input, options]) {
    const own = parseWith(config, { tool: given, input }, "graph_invalid", name)
    const { name: toolName, effect, description, compensate } = own.tool
    return {
      config: own,
      options: readOptions(name, options),
      outputSchema: jsonSchema(own.tool.output),
      summary: { tool: toolName, effect, description, compensates: compensate !== undefined },
    }
  },
  effect: (own) => own.tool.effect,
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

/** A tool that ignores its signal must not hold the run: its late answer is dropped. */
function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason ?? errorFrom({ code: "run_cancelled", message: "Aborted." }))
    if (signal.aborted) return onAbort()
    signal.addEventListener("abort", onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort))
  })
}

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
