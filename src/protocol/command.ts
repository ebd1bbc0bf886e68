/**
 * What a caller may tell a run that exists: one union, sent the same way through HTTP and WebSocket. The schemas are the
 * bodies of the endpoints; the type is what the run's object understands.
 */
import { z } from "zod"
import type { Json } from "../lib/json.ts"
import type { Breakpoint, Resolution, StepEdit } from "../run/event.ts"
import { BreakpointList, breakpointsOf } from "./breakpoint.ts"
import { StepEditView } from "./derive.ts"
import { anyJson, named } from "./wire.ts"

export type Command =
  | { readonly type: "cancel"; readonly reason?: string; readonly by?: string; readonly compensate?: boolean }
  | { readonly type: "pause"; readonly by?: string }
  | {
      readonly type: "resume"
      /** To the end or the next breakpoint, for one step, or up to the step at `to`. */
      readonly mode: "continue" | "step" | "run-to"
      readonly to?: string
      readonly by?: string
    }
  | { readonly type: "signal"; readonly name: string; readonly payload: Json; readonly by?: string }
  | {
      readonly type: "approve"
      readonly path: string
      readonly approved: boolean
      readonly by?: string
      readonly comment?: string
      readonly form?: Json
    }
  | { readonly type: "resolve"; readonly path: string; readonly resolution: Resolution; readonly by?: string }
  /** Without a `path`, of the step at which the run stands. */
  | { readonly type: "edit"; readonly path?: string; readonly edit: StepEdit; readonly by?: string }
  /** Leaves the step out, whether it is to start or failed. Without a `path`, as `edit`. */
  | { readonly type: "skip"; readonly path?: string; readonly by?: string }
  /** Tries the step that failed again. Without a `path`, as `edit`. */
  | { readonly type: "retry"; readonly path?: string; readonly model?: string; readonly by?: string }

  /** Replaces all breakpoints of the run. */
  | { readonly type: "breakpoints"; readonly breakpoints: readonly Breakpoint[]; readonly by?: string }

const by = z.string().min(1).max(200).exactOptional().meta({ description: "Who does it; goes into the log." })
const text = z.string().max(10_000)

export const CancelBody = named(
  "Cancel",
  z.strictObject({
    reason: text.exactOptional(),
    compensate: z
      .boolean()
      .exactOptional()
      .meta({ description: "Undo completed steps and child runs, newest first. Default false." }),
    by,
  }),
)

export const PauseBody = named("Pause", z.strictObject({ by }))

export const ResumeBody = named(
  "Resume",
  z.strictObject({ runTo: z.string().exactOptional().meta({ description: "Path of the step to stop before." }), by }),
)

export const SignalBody = named(
  "Signal",
  z.strictObject({ payload: anyJson.exactOptional().meta({ description: "Default null." }), by }),
)

export const ApprovalBody = named(
  "Approval",
  z.strictObject({ approved: z.boolean(), comment: text.exactOptional(), form: anyJson.exactOptional(), by }),
)

export const ResolveBody = named(
  "Resolve",
  z.discriminatedUnion("action", [
    z.strictObject({ action: z.literal("retry"), model: z.string().exactOptional(), by }),
    z.strictObject({ action: z.literal("complete"), output: anyJson, by }),
    z.strictObject({ action: z.literal("fail"), message: text, by }),
    z.strictObject({ action: z.literal("skip"), by }),
  ]),
)

const path = z.string().exactOptional().meta({ description: "Of the step. Default: the one at which the run stands." })

export const EditBody = named(
  "Edit",
  StepEditView.extend({ path, by }).meta({
    examples: [
      { path: "decision", prompt: "Decide. Answer with JSON only." },
      { path: "outcome.refund.charge", input: { amountUsd: 20 }, by: "ann" },
      { path: "reply", output: { text: "Written by hand." } },
    ],
  }),
)

export const RunToBody = named(
  "RunTo",
  z
    .strictObject({ path: z.string().meta({ description: "Path, or name, of the step to stop before." }), by })
    .meta({ examples: [{ path: "outcome.refund.charge" }] }),
)

export const SkipBody = named("Skip", z.strictObject({ path, by }))

export const RetryBody = named(
  "Retry",
  z
    .strictObject({
      path,
      model: z
        .string()
        .exactOptional()
        .meta({ description: "`provider/model`, before everything that the routing prefers." }),
      by,
    })
    .meta({ examples: [{ model: "anthropic/claude-sonnet-5" }, {}] }),
)

export const BreakpointsBody = named(
  "Breakpoints",
  z.strictObject({
    breakpoints: BreakpointList.meta({ description: "All of them from now on: those that are not named are gone." }),
    by,
  }),
)

/** The command that a breakpoints body asks for. */
export function breakpointsCommand({ breakpoints, by }: z.infer<typeof BreakpointsBody>): Command {
  return {
    type: "breakpoints",
    breakpoints: breakpointsOf({ breakpoints }).breakpoints ?? [],
    ...(by === undefined ? {} : { by }),
  }
}

/** The command that an edit body asks for. */
export function editCommand({ path, by, ...edit }: z.infer<typeof EditBody>): Command {
  return { type: "edit", edit, ...(path === undefined ? {} : { path }), ...(by === undefined ? {} : { by }) }
}

/** The command that a resume body asks for. */
export function resumeCommand({ runTo, ...rest }: z.infer<typeof ResumeBody>): Command {
  return { type: "resume", ...(runTo === undefined ? { mode: "continue" } : { mode: "run-to", to: runTo }), ...rest }
}

/** The command that a resolve body asks for, about the step at `path`. */
export function resolveCommand(path: string, { by, ...resolution }: z.infer<typeof ResolveBody>): Command {
  return { type: "resolve", path, resolution, ...(by === undefined ? {} : { by }) }
}
