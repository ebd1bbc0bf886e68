/** Where a run has come to a stop, as the doors show it: what a person needs to decide what comes next. */
import { z } from "zod"
import { ErrorView } from "./problem.ts"
import { FieldChangeView, JsonChangeView } from "./replay-view.ts"
import { RunStatus, WaitingView } from "./run-view.ts"
import { StepView } from "./step-view.ts"
import { anyJson, named } from "./wire.ts"

const StopStep = StepView.extend({
  requests: z
    .array(z.object({ attempt: z.int(), operation: z.int(), request: anyJson }))
    .readonly()
    .meta({ description: "What the step asked of models, as it asked: messages, tools, schema, parameters." }),
  recording: z
    .object({
      runId: z.string(),
      verdict: z.enum(["same", "changed", "extra"]).meta({ description: "`extra`: the recording has no such step." }),
      changes: z.array(FieldChangeView).readonly(),
    })
    .exactOptional()
    .meta({ description: "Against the run that this one was made of." }),
})

const NextStep = z.object({
  path: z.string(),
  kind: z.string(),
  input: anyJson
    .exactOptional()
    .meta({ description: "What the step will get; of most model steps, the request itself." }),
  decided: z.enum(["output", "skip"]).exactOptional().meta({ description: "An edit says how it ends." }),
  problem: ErrorView.exactOptional().meta({ description: "Why its input cannot be made." }),
  changes: z
    .array(JsonChangeView)
    .readonly()
    .exactOptional()
    .meta({ description: "How that input differs from the recorded one." }),
})

export const StopView = named(
  "Stop",
  z.object({
    runId: z.string(),
    status: RunStatus,
    seq: z.int(),
    paused: z.object({ reason: z.enum(["requested", "breakpoint"]), at: z.string().exactOptional() }).exactOptional(),
    last: StopStep.exactOptional().meta({ description: "The step that ended last." }),
    held: z.array(StopStep).readonly().meta({ description: "Steps that wait for somebody to decide about them." }),
    waiting: z
      .array(WaitingView)
      .readonly()
      .meta({ description: "What the run waits for, with how it is answered; the steps that are held are among it." }),
    underWay: z.array(z.string()).readonly().meta({ description: "Paths of the steps that are being done right now." }),
    next: z.array(NextStep).readonly().meta({ description: "Steps that start when the run goes on." }),
  }),
)
export type StopView = z.infer<typeof StopView>
export type StopStep = z.infer<typeof StopStep>
