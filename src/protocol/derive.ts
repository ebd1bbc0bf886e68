/** Asking for runs that are made of others: forks, reruns and rehearsals. */
import { z } from "zod"
import { WaybillError } from "../lib/errors.ts"
import type { StepEdit } from "../run/event.ts"
import { BreakpointList } from "./breakpoint.ts"
import { anyJson, named } from "./wire.ts"

/** What somebody wants of one step. `output` and `skip` stand alone. */
const edit = {
  input: anyJson.exactOptional().meta({ description: "Taken in the place of what the step's closures give." }),
  output: anyJson.exactOptional().meta({ description: "What the step gives, without doing anything." }),
  prompt: z
    .string()
    .exactOptional()
    .meta({ description: "Replaces the text of the last user message to the language model." }),
  route: z.string().exactOptional(),
  model: z
    .string()
    .exactOptional()
    .meta({ description: "`provider/model`, before everything that the routing prefers." }),
}

export const StepEditView = named(
  "StepEdit",
  z.strictObject({ ...edit, skip: z.literal(true).exactOptional().meta({ description: "The step is left out." }) }),
)

const breakpoints = BreakpointList.exactOptional().meta({ description: "Where the new run pauses." })
const from = z
  .string()
  .min(1, 'found "", expected the path of a step')
  .exactOptional()
  .meta({ description: "Path of the step to start from. Default: the step at which the run failed." })

const stubs = z
  .record(z.string(), anyJson)
  .exactOptional()
  .meta({
    description:
      "By the name of a tool: what each call of it gives in the new run, wherever it is made, instead of calling it. Default: what held in the original.",
    examples: [{ refund_payment: { refundId: "re_1" } }],
  })

const paused = z.boolean().exactOptional().meta({
  description: "Whether the new run stops before its first step. Default: a replay does, unless it has breakpoints.",
})

export const RerunBody = named(
  "Rerun",
  z
    .strictObject({ from, breakpoints, paused })
    .meta({ examples: [{}, { from: "outcome.refund.charge", paused: true }] }),
)

export const ForkBody = named(
  "Fork",
  z.strictObject({
    from,
    breakpoints,
    paused,
    stubs,
    input: anyJson.exactOptional().meta({ description: "Of the run, instead of the original's." }),
    inputPatch: anyJson
      .exactOptional()
      .meta({ description: "What is different about the original's input: a JSON Merge Patch (RFC 7396)." }),
    outputs: z
      .record(z.string(), anyJson)
      .exactOptional()
      .meta({ description: "By path: what steps gave, instead of what they gave." }),
    edits: z
      .record(z.string(), StepEditView)
      .exactOptional()
      .meta({ description: "By path: what is different about a step." }),
    prompt: edit.prompt,
    route: edit.route,
    model: edit.model,
  }),
)
export type ForkBody = z.infer<typeof ForkBody>

const replayBody = z.strictObject({
  as: z
    .enum(["report", "run"])
    .default("report")
    .meta({ description: "`run`: a new run that is answered from the recording, to go through step by step." }),
  beyond: z.enum(["hold", "live"]).default("hold").meta({
    description: "Of a run: whether a step that the recording cannot answer waits for you, or is done for real.",
  }),
  breakpoints,
  paused,
  stubs,
})

/** What is said of the new run has no meaning for a report, which makes none. */
export const ReplayBody = named(
  "Replay",
  replayBody.check(({ value, issues }) => {
    if (value.as === "run") return
    for (const part of ["breakpoints", "paused", "stubs"] as const) {
      const message = 'found beside a report, expected it with `"as": "run"` only'
      if (value[part] !== undefined) issues.push({ code: "custom", path: [part], message, input: value[part] })
    }
  }),
)

/** The part of a fork that says what is different, wherever it starts from. */
export type ForkChange = Omit<ForkBody, "from" | "breakpoints" | "paused" | "stubs"> & { readonly edit?: StepEdit }

/** The input that `body` asks for, as a member of a request; none when it says nothing of it. Throws `request_invalid`. */
export function inputsOf({ input, inputPatch }: ForkChange): Pick<ForkChange, "input" | "inputPatch"> {
  if (input !== undefined && inputPatch !== undefined)
    throw new WaybillError("request_invalid", "body.inputPatch: found `input` beside it, expected one of the two.", {
      path: "body.inputPatch",
    })
  return { ...(input === undefined ? {} : { input }), ...(inputPatch === undefined ? {} : { inputPatch }) }
}

/** The edits that `body` asks for, with those that it gives for the step at `at`. Throws `request_invalid` for a part given twice. */
export function editsOf(
  { outputs = {}, edits = {}, edit = {}, prompt, route, model }: ForkChange,
  at: string,
): Record<string, StepEdit> {
  const found: Record<string, StepEdit> = { ...edits }
  for (const [path, output] of Object.entries(outputs)) add(found, path, { output }, `body.outputs.${path}`)
  for (const [part, value] of Object.entries(edit)) add(found, at, { [part]: value }, `body.edit.${part}`)
  for (const [part, value] of Object.entries({ prompt, route, model }))
    if (value !== undefined) add(found, at, { [part]: value }, `body.${part}`)
  return found
}

/** Takes one part of an edit, which the body gives at `where`, to those of the step at `path`. */
function add(found: Record<string, StepEdit>, path: string, given: StepEdit, where: string): void {
  const before = found[path] ?? {}
  const twice = Object.keys(given).find((part) => Object.hasOwn(before, part))
  if (twice !== undefined)
    throw new WaybillError("request_invalid", `${where}: found another ${twice} of ${path} beside it, expected one.`, {
      path: where,
    })
  found[path] = { ...before, ...given }
}
