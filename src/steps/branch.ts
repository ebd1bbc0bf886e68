/**
 * `branch`: goes one of several ways. Its output is the way's result with the way's name as `case`; a result that is no
 * object, or has a `case` of its own, is its `output`.
 */
import { z } from "zod"
import type {
  AnyScope,
  Builder,
  FreshName,
  HolderOptions,
  Maybe,
  Next,
  NoSteps,
  ScopeResult,
} from "../graph/builder.ts"
import { sourceDigest } from "../graph/compile.ts"
import { parseWith } from "../graph/schema.ts"
import { WaybillError } from "../lib/errors.ts"
import { isJsonObject } from "../lib/json.ts"
import { type Closure, closure, readHolderOptions } from "./shared/fields.ts"
import { defineStepKind } from "./step-kind.ts"

interface BranchConfig {
  readonly select: Closure<string>
  readonly cases: readonly string[]
}

const cases = z
  .record(z.string().regex(/^[^.[\]~]{1,64}$/, "expected a name without . [ ] ~"), closure<unknown>())
  .refine((given) => Object.keys(given).length > 0, "expected at least one case")

const config = z.strictObject({ select: closure<string>(), cases })

export const branch = defineStepKind<BranchConfig, { readonly case: string }>({
  kind: "branch",
  composite: true,
  define(name, [select, cases, options], scopeOf) {
    const own = parseWith(config, { select, cases }, "graph_invalid", name)
    const scopes = Object.entries(own.cases).map(([key, callback]) => [key, scopeOf(callback, key)] as const)
    return {
      config: { select: own.select, cases: Object.keys(own.cases) },
      options: readHolderOptions(name, options),
      scopes: Object.fromEntries(scopes),
      summary: { select: sourceDigest(select), cases: Object.keys(own.cases) },
    }
  },
  input: (own) => z.strictObject({ case: z.enum(own.cases) }),
  resolve(own, values) {
    const chosen = own.select(values)
    if (own.cases.includes(chosen)) return { case: chosen }
    throw new WaybillError(
      "unknown_case",
      `Found the case ${JSON.stringify(chosen)}, expected one of ${own.cases.join(", ")}.`,
    )
  },
  async execute(_own, input, context) {
    const scope = context.node.scopes[input.case]
    if (!scope)
      throw new WaybillError(
        "workflow_changed",
        `This run went the way "${input.case}", which the code does not have any more.`,
        { path: context.path },
      )
    const result = await context.runScope(`.${input.case}`, scope)
    // A result with a case of its own, such as that of a branch inside, must not be taken for this one's.
    const members = isJsonObject(result) && !Object.hasOwn(result, "case") ? result : { output: result }
    return { ...members, case: input.case }
  },
})

type Cases<Seen> = Readonly<Record<string, (g: Builder<Seen, NoSteps, "scope">) => AnyScope>>

/** The union of what the cases give, told apart by `case`. */
export type BranchOutput<Of> = {
  readonly [Case in keyof Of]: Of[Case] extends (g: never) => infer Ended
    ? { readonly case: Case } & CaseResult<Ended extends AnyScope ? ScopeResult<Ended> : never>
    : never
}[keyof Of]

type CaseResult<Result> = Result extends object
  ? "case" extends keyof Result
    ? { readonly output: Result }
    : Result
  : { readonly output: Result }

declare module "../graph/builder.ts" {
  interface StepMethods<Outer, Local, At extends Level> {
    /** Goes the way that `select` names. */
    branch<const Name extends string, const Of extends Cases<Outer & Local>, When extends boolean = true>(
      name: FreshName<Name, Outer & Local>,
      select: (values: Outer & Local) => NoInfer<keyof Of & string>,
      cases: Of,
      options?: HolderOptions<Outer & Local, When>,
    ): Next<Outer, Local, At, Name, Maybe<BranchOutput<Of>, When>>
  }
}
