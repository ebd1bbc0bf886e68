/** What a run may be told while it lives. Each answers with how the run stands then. */
import { z } from "zod"
import {
  ApprovalBody,
  CancelBody,
  type Command,
  EditBody,
  editCommand,
  PauseBody,
  ResolveBody,
  ResumeBody,
  RetryBody,
  RunToBody,
  resolveCommand,
  resumeCommand,
  SignalBody,
  SkipBody,
} from "../protocol/command.ts"
import { RunView } from "../protocol/run-view.ts"
import { json } from "./answer.ts"
import { type ApiContext, type Endpoint, endpoint } from "./resource.ts"
import { ownRun } from "./run-access.ts"
import { RunParams, StepParams } from "./run-parameters.ts"

const SignalParams = RunParams.extend({ name: z.string() })

export const runCommands: readonly Endpoint[] = [
  command("cancel", "Cancel a run: what is in flight is aborted", RunParams, CancelBody, (_, body) => ({
    type: "cancel",
    ...body,
  })),
  command("pause", "Pause a run before its next step", RunParams, PauseBody, (_, body) => ({ type: "pause", ...body })),
  command("resume", "Let a paused run go on", RunParams, ResumeBody, (_, body) => resumeCommand(body)),
  command("continue", "Let a paused run go on to its end or the next breakpoint", RunParams, PauseBody, (_, body) =>
    resumeCommand(body),
  ),
  command("step", "Let a paused run do one step", RunParams, PauseBody, (_, body) => ({
    type: "resume",
    mode: "step",
    ...body,
  })),
  command("runTo", "Let a paused run go on up to a step", RunParams, RunToBody, (_, { path, ...body }) => ({
    type: "resume",
    mode: "run-to",
    to: path,
    ...body,
  })),
  command("edit", "Change what a step does when it starts, or what the last one gave", RunParams, EditBody, (_, body) =>
    editCommand(body),
  ),
  command("skip", "Leave out a step that is to start, or that failed", RunParams, SkipBody, (_, body) => ({
    type: "skip",
    ...body,
  })),
  command("retryWith", "Try a step that failed again", RunParams, RetryBody, (_, body) => ({ type: "retry", ...body })),
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

function command<Params extends { readonly id: string }, Body>(
  path: string,
  summary: string,
  params: z.ZodType<Params>,
  body: z.ZodType<Body>,
  read: (params: Params, body: Body) => Command,
): Endpoint {
  return endpoint({
    method: "POST",
    path: `/v1/runs/{id}/${path}`,
    summary,
    params,
    body,
    answers: { 200: { description: "How the run stands now.", schema: RunView } },
    handle: ({ params, body }, context) => tell(params.id, read(params, body), context),
  })
}

async function tell(id: string, command: Command, context: ApiContext): Promise<Response> {
  const run = await ownRun(id, context)
  return json(await run.command(command))
}
