/**
 * The WebSocket protocol: JSON frames in both directions. Pure: text to frame, frame to command, state to frames; whoever
 * holds the socket only forwards.
 *
 * Invariant: a frame that is not understood is answered with a `problem` frame, and the socket stays open.
 */
import { z } from "zod"
import { schemaIssues } from "../graph/schema.ts"
import { type ErrorData, WaybillError } from "../lib/errors.ts"
import { isTooDeep } from "../lib/json.ts"
import { MAX_BODY_BYTES } from "../lib/limits.ts"
import type { RunEvent } from "../run/event.ts"
import {
  ApprovalBody,
  BreakpointsBody,
  breakpointsCommand,
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
} from "./command.ts"
import { EventView } from "./event-view.ts"
import { Problem, problemOf } from "./problem.ts"
import { RunView } from "./run-view.ts"
import { StartBody } from "./start.ts"
import { StopView } from "./stop-view.ts"
import { named } from "./wire.ts"

/** A number or text of the client's choice; the answer to the frame carries it as `ref`. */
const id = z.union([z.string().max(100), z.number()]).exactOptional()
const path = z.string()

const StartFrame = StartBody.extend({ type: z.literal("start"), workflow: z.string(), id })
const SubscribeFrame = z.strictObject({
  type: z.literal("subscribe"),
  after: z.int().nonnegative().exactOptional().meta({ description: "Events with a higher number follow. Default 0." }),
  id,
})
const SignalFrame = SignalBody.extend({ type: z.literal("signal"), name: z.string(), id })
const ApproveFrame = ApprovalBody.extend({ type: z.literal("approve"), path, id })
const ResolveFrame = z.strictObject({ type: z.literal("resolve"), path, resolution: ResolveBody, id })
const CancelFrame = CancelBody.extend({ type: z.literal("cancel"), id })
const PauseFrame = PauseBody.extend({ type: z.literal("pause"), id })
const ResumeFrame = ResumeBody.extend({ type: z.enum(["resume", "continue"]), id })
const StepFrame = PauseBody.extend({ type: z.literal("step"), id })
const RunToFrame = RunToBody.extend({ type: z.literal("runTo"), id })
const EditFrame = EditBody.extend({ type: z.literal("edit"), id })
const SkipFrame = SkipBody.extend({ type: z.literal("skip"), id })
const BreakpointsFrame = BreakpointsBody.extend({ type: z.literal("breakpoints"), id })
const RetryFrame = RetryBody.extend({ type: z.literal("retryWith"), id })

/** What a client sends. */
export const ClientFrame = named(
  "ClientFrame",
  z.discriminatedUnion("type", [
    StartFrame,
    SubscribeFrame,
    SignalFrame,
    ApproveFrame,
    ResolveFrame,
    CancelFrame,
    PauseFrame,
    ResumeFrame,
    StepFrame,
    RunToFrame,
    EditFrame,
    SkipFrame,
    RetryFrame,
    BreakpointsFrame,
  ]),
)
export type ClientFrame = z.infer<typeof ClientFrame>
export type CommandFrame = Exclude<ClientFrame, { type: "start" | "subscribe" }>

const ref = z.union([z.string(), z.number()]).exactOptional()

/** What the server sends. */
export const ServerFrame = named(
  "ServerFrame",
  z.discriminatedUnion("type", [
    z.object({ type: z.literal("event"), event: EventView }),
    // `reset`: what was sent of the step's answer before is void, and `text` stands in its place. `omitted`: characters of
    // the answer before `text` that are not kept any more.
    z.object({
      type: z.literal("delta"),
      path,
      attempt: z.int(),
      text: z.string(),
      reset: z.literal(true).exactOptional(),
      omitted: z.int().exactOptional(),
    }),
    z.object({ type: z.literal("state"), run: RunView }),
    z.object({ type: z.literal("stop"), stop: StopView }),
    z.object({ type: z.literal("ack"), ref, run: RunView.exactOptional() }),
    z.object({ type: z.literal("problem"), ref, problem: Problem }),
  ]),
)

export type Ref = ClientFrame["id"]

/** The frame in `message`, or the answer to one that is none. */
export function readFrame(message: string | ArrayBuffer | ArrayBufferView): {
  readonly frame?: ClientFrame
  readonly answer?: string
} {
  if (typeof message !== "string") return refuse("found bytes, expected JSON text")
  if (message.length > MAX_BODY_BYTES)
    return refuse(`found ${message.length} characters, expected at most ${MAX_BODY_BYTES}`)
  const parsed = parseJson(message)
  if (parsed === undefined) return refuse("found text that is not JSON")
  if (isTooDeep(parsed)) return refuse("found JSON nested too deep")
  const checked = ClientFrame.safeParse(parsed)
  if (checked.success) return { frame: checked.data }
  const issues = schemaIssues(checked.error, "frame")
  return refuse(issues.map((issue) => `${issue.path}: ${issue.message}`).join("; "), refOf(parsed), issues)
}

/** What a frame about the run tells it. */
export function frameCommand(frame: CommandFrame): Command {
  const { id: _id, ...rest } = frame
  switch (rest.type) {
    case "signal":
      return { ...rest, payload: rest.payload ?? null }
    case "resolve":
      return resolveCommand(rest.path, rest.resolution)
    case "step":
      return { ...rest, type: "resume", mode: "step" }
    case "runTo": {
      const { path, ...body } = rest
      return { ...body, type: "resume", mode: "run-to", to: path }
    }
    case "edit": {
      const { type: _type, ...body } = rest
      return editCommand(body)
    }
    case "breakpoints":
      return breakpointsCommand(rest)
    case "retryWith":
      return { ...rest, type: "retry" }
    case "resume":
    case "continue": {
      const { type: _type, ...body } = rest
      return resumeCommand(body)
    }
    default:
      return rest
  }
}

export function eventFrame(event: RunEvent): string {
  return JSON.stringify({ type: "event", event })
}

export function deltaFrame(delta: {
  readonly path: string
  readonly attempt: number
  readonly text: string
  readonly reset?: true
  readonly omitted?: number
}): string {
  return JSON.stringify({ type: "delta", ...delta })
}

export function stateFrame(run: RunView): string {
  return JSON.stringify({ type: "state", run })
}

/** The run has come to a stop. */
export function stopFrame(stop: StopView): string {
  return JSON.stringify({ type: "stop", stop })
}

/** Says that the frame called `ref` was done, and how the run stands now. */
export function ackFrame(ref: Ref, run?: RunView): string {
  return JSON.stringify({ type: "ack", ref, run })
}

export function problemFrame(error: ErrorData, ref?: Ref): string {
  return JSON.stringify({ type: "problem", ref, problem: problemOf(error) })
}

function refuse(what: string, ref?: Ref, issues: readonly object[] = []): { readonly answer: string } {
  const details = issues.length > 0 ? { issues } : {}
  return { answer: problemFrame(new WaybillError("frame_invalid", `${what}.`, details).toJSON(), ref) }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function refOf(frame: unknown): Ref {
  const found = z.object({ id }).safeParse(frame)
  return found.success ? found.data.id : undefined
}
