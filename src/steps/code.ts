/** `code`: the author's own function of the values. It must be pure, for it may run again after a crash. */
import { z } from "zod"
import type { FreshName, Maybe, Next } from "../graph/builder.ts"
import { sourceDigest } from "../graph/compile.ts"
import { parseWith } from "../graph/schema.ts"
import { type Closure, closure, readOptions } from "./shared/fields.ts"
import { defineStepKind } from "./step-kind.ts"

interface CodeConfig {
  readonly run: Closure<unknown>
}

const config = z.strictObject({ run: closure<unknown>() })

export const code = defineStepKind<CodeConfig, null>({
  kind: "code",
  define(name, [run, options]) {
    const own = parseWith(config, { run }, "graph_invalid", name)
    return { config: own, options: readOptions(name, options), summary: { source: sourceDigest(run) } }
  },
  resolve: () => null,
  execute: (own, _input, context) => context.evaluate(own.run),
})

declare module "../graph/builder.ts" {
  interface StepMethods<Outer, Local, At extends Level> {
    /** Computes something of the values; the result must be plain JSON. */
    code<const Name extends string, Output, When extends boolean = true>(
      name: FreshName<Name, Outer & Local>,
      run: (values: Outer & Local) => Output,
      options?: Options<Outer & Local, When>,
    ): Next<Outer, Local, At, Name, Maybe<Awaited<Output>, When>>
  }
}
