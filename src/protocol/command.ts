/**
 * What a caller may tell a run that exists: one union, sent the same way through HTTP and WebSocket. The schemas are the
 * bodies of the endpoints; the type is what the run's object understands.
 */
import { z } from "zod"
import type { Json } from "../lib/json.ts"
import type { Resolution } from "../run/event.ts"
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

const by = z.string().min(1).max(200).exactOptional().meta({ description: "Who does it; goes into the log." })
const text = z.string().max(10_000)

export const CancelBody = named(
  "Cancel",
  z.strictObject({
    reason: text.exactOptional(),
    compensate: z.boolean().exactOptional().meta({ description: "Undo completed steps, newest first. Default false." }),
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

/** The command that a resume body asks for. */
export function resumeCommand({ runTo, ...rest }: z.infer<typeof ResumeBody>): Command {
  return { type: "resume", ...(runTo === undefined ? { mode: "continue" } : { mode: "run-to", to: runTo }), ...rest }
}

/** The command that a resolve body asks for, about the step at `path`. */
export function resolveCommand(path: string, { by, ...resolution }: z.infer<typeof ResolveBody>): Command {
  return { type: "resolve", path, resolution, ...(by === undefined ? {} : { by }) }
}
