/** Going through a run step by step: what it is told while it stands. Where it stands is in `GET …/stop`. */
import { EditBody, editCommand, PauseBody, RetryBody, RunToBody, resumeCommand, SkipBody } from "../protocol/command.ts"
import { command } from "./run-command.ts"
import { RunParams } from "./run-parameters.ts"

/** Holds of every command that lets a run go on. */
const HELD =
  "A step that is held because it failed, and that nobody edited or decided about, fails for good: to go on is to let it. One that was edited is tried again with the edit; one that was given an output, or is to be left out, ends so. With `wait`, answers when the run next stands or has ended."

export const runStepper = [
  command(
    "continue",
    {
      summary: "Let a paused run go on to its end or the next breakpoint",
      description: `Takes up what is held first. ${HELD}`,
    },
    RunParams,
    PauseBody,
    (_, body) => resumeCommand(body),
  ),
  command(
    "step",
    {
      summary: "Let a paused run do one step",
      description: `The run stands again before the step after it. Steps that only hold others count as one when they start. ${HELD}`,
    },
    RunParams,
    PauseBody,
    (_, body) => ({ type: "resume", mode: "step", ...body }),
  ),
  command(
    "runTo",
    {
      summary: "Let a paused run go on up to a step",
      description: `The run stands before the step at \`path\`, or before the next of that name, unless a breakpoint or its end comes first. A step that has ended is refused: the run would pass it by. ${HELD}`,
    },
    RunParams,
    RunToBody,
    (_, { path, ...body }) => ({ type: "resume", mode: "run-to", to: path, ...body }),
  ),
  command(
    "edit",
    {
      summary: "Change what a step does when it starts, or what the last one gave",
      description:
        "Of a step that has not started, or is held: its `input`, its `prompt`, the `model` or `route` that serves it, an `output` in its place, or `skip`. What a step takes follows from its kind, and is checked. Of the step that ended last: its `output`, as long as no other step has taken it. The edit waits until the run is told to go on; several edits of a step add up.",
    },
    RunParams,
    EditBody,
    (_, body) => editCommand(body),
  ),
  command(
    "skip",
    {
      summary: "Leave out a step that is to start, or that failed",
      description: "Its output is undefined to the steps after it, as if its own condition had left it out.",
    },
    RunParams,
    SkipBody,
    (_, body) => ({ type: "skip", ...body }),
  ),
  command(
    "retryWith",
    {
      summary: "Try a step that failed again",
      description:
        "Of a step that is held: once more, with `model` before everything that the routing prefers, and with what was edited about it. A run that answers from a recording and asks nobody else (`beyond: hold`) refuses it, with what can be done instead. The run stays paused otherwise: tell it to `continue` to go on behind the step.",
    },
    RunParams,
    RetryBody,
    (_, body) => ({ type: "retry", ...body }),
  ),
]
