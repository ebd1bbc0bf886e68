/** Asking for runs that are made of others: forks, reruns and rehearsals. */
import { z } from "zod"
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
  .exactOptional()
  .meta({ description: "Path of the step to start from. Default: the step at which the run failed." })

const paused = z.boolean().exactOptional().meta({
  description: "Whether the new run stops before its first step. Default: a replay does, unless it has breakpoints.",
})

export const RerunBody = named("Rerun", z.strictObject({ from, breakpoints, paused }))

export const ForkBody = named(
  "Fork",
  z.strictObject({
    from,
    breakpoints,
    paused,
    input: anyJson.exactOptional().meta({ description: "Of the run, instead of the original's." }),
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

export const ReplayBody = named(
  "Replay",
  z.strictObject({
    as: z
      .enum(["report", "run"])
      .default("report")
      .meta({ description: "`run`: a new run that is answered from the recording, to go through step by step." }),
    beyond: z.enum(["hold", "live"]).default("hold").meta({
      description: "Of a run: whether a step that the recording cannot answer waits for you, or is done for real.",
    }),
    breakpoints,
    paused,
  }),
)

/** The edits that `body` asks for, with those that it gives for the step at `at`. */
export function editsOf(
  { outputs = {}, edits = {}, prompt, route, model }: ForkBody,
  at: string,
): Record<string, StepEdit> {
  const found: Record<string, StepEdit> = { ...edits }
  for (const [path, output] of Object.entries(outputs)) found[path] = { ...found[path], output }
  const own = {
    ...(prompt === undefined ? {} : { prompt }),
    ...(route === undefined ? {} : { route }),
    ...(model === undefined ? {} : { model }),
  }
  if (Object.keys(own).length > 0) found[at] = { ...found[at], ...own }
  return found
}
