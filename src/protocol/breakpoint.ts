/** Breakpoints on the wire: money is in dollars there, and an integer in the log. */
import { z } from "zod"
import { exactUsd, MAX_USD, nanoUsd } from "../lib/money.ts"
import type { Breakpoint } from "../run/event.ts"
import { named } from "./wire.ts"

export const BreakpointBody = named(
  "Breakpoint",
  z.union([
    z.strictObject({ step: z.string().meta({ description: "Path or name of the step to stop before." }) }),
    z.strictObject({ kind: z.string().meta({ description: "Stop before each step of this kind." }) }),
    z.strictObject({
      costAboveUsd: z.number().nonnegative().max(MAX_USD).meta({
        description:
          "Stop before the next step once the steps before took more, whether it was paid here or in a recording.",
      }),
    }),
    z.strictObject({
      on: z.enum(["schema-failure", "refusal", "error"]).meta({ description: "Hold a step that fails in this way." }),
    }),
  ]),
)

/** Any of them is enough. */
export const BreakpointList = z.array(BreakpointBody).max(50)

/** The breakpoints of a body, as a member of a run's header; none when it says nothing of them. */
export function breakpointsOf(body: { readonly breakpoints?: z.infer<typeof BreakpointList> }): {
  readonly breakpoints?: readonly Breakpoint[]
} {
  return body.breakpoints ? { breakpoints: body.breakpoints.map(breakpointOf) } : {}
}

/** A breakpoint as the wire shows it. */
export function breakpointView(breakpoint: Breakpoint): z.infer<typeof BreakpointBody> {
  return "costAboveNanoUsd" in breakpoint ? { costAboveUsd: Number(exactUsd(breakpoint.costAboveNanoUsd)) } : breakpoint
}

function breakpointOf(body: z.infer<typeof BreakpointBody>): Breakpoint {
  return "costAboveUsd" in body ? { costAboveNanoUsd: nanoUsd(body.costAboveUsd) } : body
}
