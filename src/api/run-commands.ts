/** What a run may be told while it lives. Each answers with how the run stands then. */
import { z } from "zod"
import {
  ApprovalBody,
  CancelBody,
  PauseBody,
  ResolveBody,
  ResumeBody,
  resolveCommand,
  resumeCommand,
  SignalBody,
} from "../protocol/command.ts"
import type { Endpoint } from "./resource.ts"
import { command } from "./run-command.ts"
import { RunParams, StepParams } from "./run-parameters.ts"

const SignalParams = RunParams.extend({ name: z.string() })

export const runCommands: readonly Endpoint[] = [
  command("cancel", "Cancel a run: what is in flight is aborted", RunParams, CancelBody, (_, body) => ({
    type: "cancel",
    ...body,
  })),
  command("pause", "Pause a run before its next step", RunParams, PauseBody, (_, body) => ({ type: "pause", ...body })),
  command("resume", "Let a paused run go on", RunParams, ResumeBody, (_, body) => resumeCommand(body)),
  command(
    "signals/{name}",
    "Send a signal; it is kept until a step waits for it",
    SignalParams,
    SignalBody,
    (params, body) => ({
      type: "signal",
      name: params.name,
      ...body,
      payload: body.payload ?? null,
    }),
  ),
  command("approvals/{path}", "Say yes or no to an approval", StepParams, ApprovalBody, ({ path }, body) => ({
    type: "approve",
    path,
    ...body,
  })),
  command(
    "resolve/{path}",
    "Decide about a step that nobody knows the end of",
    StepParams,
    ResolveBody,
    ({ path }, body) => resolveCommand(path, body),
  ),
]
