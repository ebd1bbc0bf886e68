/** Asking for a run: what a caller sends, and what the run's object is told. */
import { z } from "zod"
import type { Workflow } from "../graph/workflow.ts"
import { WaybillError } from "../lib/errors.ts"
import { canonicalJson, type Json } from "../lib/json.ts"
import { MAX_USD, nanoUsd } from "../lib/money.ts"
import type { RunHeader } from "../run/event.ts"
import { BreakpointList, breakpointsOf } from "./breakpoint.ts"
import { anyJson, named } from "./wire.ts"

/** What a run's object is told to start; the object adds the rest. */
export type RunStart = Omit<RunHeader, "graphDigest" | "version" | "forkedFrom" | "replayOf" | "jurisdiction">

/** Money is in dollars on the wire and an integer in the log. */
const usd = z.number().nonnegative().max(MAX_USD)

export const StartBody = named(
  "StartRun",
  z.strictObject({
    input: anyJson.exactOptional().meta({ description: "Fits the workflow's input schema." }),
    example: z
      .string()
      .exactOptional()
      .meta({ description: "Name of one of the workflow's examples, instead of `input`." }),
    user: z.string().min(1).max(200).exactOptional().meta({ description: "The end user that the run is for." }),
    region: z.string().min(1).max(40).exactOptional().meta({ description: "Where data may go, such as `eu`." }),
    tags: z.array(z.string().min(1).max(100)).max(20).exactOptional(),
    priority: z
      .int()
      .min(-100)
      .max(100)
      .exactOptional()
      .meta({ description: "Higher starts earlier when runs queue." }),
    budgetUsd: usd.exactOptional().meta({
      description: "What the run is meant to spend at most. It is on record with the run; no call is refused over it.",
    }),
    breakpoints: BreakpointList.exactOptional().meta({ description: "Where the run pauses." }),
  }),
)
export type StartBody = z.infer<typeof StartBody>

/** The input that `body` asks for: its own, or the named example's. Throws `input_invalid` when it names both, or none that exists. */
export function inputOf(body: StartBody, workflow: Workflow): Json {
  if (body.example === undefined) {
    if (body.input !== undefined) return body.input
    throw new WaybillError("input_invalid", "input: found nothing, expected `input` or `example`.", { path: "input" })
  }
  if (body.input !== undefined)
    throw new WaybillError("input_invalid", "example: found `input` beside it, expected one of the two.", {
      path: "example",
    })
  const names = Object.keys(workflow.examples)
  if (!names.includes(body.example))
    throw new WaybillError(
      "input_invalid",
      `example: found ${JSON.stringify(body.example)}, expected one of: ${names.join(", ") || "(none)"}.`,
      { path: "example" },
    )
  // Examples may hold things that become JSON only by being written, such as a URL of a medium.
  return JSON.parse(canonicalJson(workflow.examples[body.example]))
}

/** `body` in the words of the log. `input` is what `inputOf` gave, with its media stored. */
export function runStart(
  body: StartBody,
  run: Pick<RunStart, "runId" | "workflow" | "tenant"> & { readonly input: Json },
): RunStart {
  const { user, region, tags = [], priority, budgetUsd } = body
  return {
    ...run,
    tags,
    ...(user === undefined ? {} : { user: { id: user } }),
    ...(region === undefined ? {} : { region }),
    ...(priority === undefined ? {} : { priority }),
    ...(budgetUsd === undefined ? {} : { budgetNanoUsd: nanoUsd(budgetUsd) }),
    ...breakpointsOf(body),
  }
}
