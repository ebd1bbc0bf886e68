/**
 * What somebody edited about a step, at the moments when it makes a difference: before the step starts, or starts again.
 * An edit that is older than the step's newest start has had its effect.
 */
import { WaybillError } from "../lib/errors.ts"
import { isJsonArray, isJsonObject, type Json } from "../lib/json.ts"
import { stepEvent } from "../run/event.ts"
import type { EditState } from "../run/run-state.ts"
import type { Session } from "./session.ts"
import { effectOf, startOf } from "./step-facts.ts"
import type { StepJob, StepRun } from "./step-run.ts"

/** The edits of the step that wait for its next start. */
export function freshEdit(session: Session, path: string): EditState | undefined {
  const { edits, steps } = session.log.state
  const edit = edits.get(path)
  return edit && edit.seq > (steps.get(path)?.attemptSeq ?? 0) ? edit : undefined
}

/** Whether the next attempt gets another input than the one before. */
export function isEdited(session: Session, path: string): boolean {
  const edit = freshEdit(session, path)
  return edit?.inputSeq !== undefined || edit?.prompt !== undefined
}

/** Whether somebody said how the step is to end: then its own condition is not asked. */
export function isDecided(session: Session, path: string): boolean {
  const edit = freshEdit(session, path)
  return edit?.outputSeq !== undefined || edit?.skip === true
}

/** Ends the step as somebody said, without executing it. True when it did. */
export function endAsEdited(session: Session, job: StepJob): boolean {
  const { log, values } = session
  const { path, node } = job
  const edit = freshEdit(session, path)
  const step = log.step(path)
  if (edit?.outputSeq !== undefined) {
    const attempt = (step?.attempt ?? 0) + 1
    const completed = { output: values.stored(edit.outputSeq), replayed: true, note: EDITED } as const
    log.append(
      stepEvent("step.started", path, attempt, { ...startOf(job), ...effectOf(session, job) }),
      stepEvent("step.completed", path, attempt, completed),
    )
    return true
  }
  if (!edit?.skip) return false
  if (step) log.append(stepEvent("step.resolved", path, step.attempt, { action: "skip" }))
  else log.append(stepEvent("step.skipped", path, 0, { kind: node.kind, reason: "edited" }))
  return true
}

const EDITED = "Somebody gave this output in the step's place."

/** The step's input as it was edited; `resolve` gives it as it is without. Throws `edit_invalid`. */
export async function editedInput(session: Session, path: string, resolve: () => Promise<unknown>): Promise<unknown> {
  const edit = freshEdit(session, path)
  const input = edit?.inputSeq === undefined ? await resolve() : await session.values.load(edit.inputSeq)
  return edit?.prompt === undefined ? input : withPrompt(input, edit.prompt, path)
}

/** The model and the route that somebody chose for the step, or for one that holds it. */
export function chosenByHand(session: Session, path: string): Pick<StepRun, "model" | "route"> {
  const { resolution } = session.log.step(path) ?? {}
  const resolved = resolution?.action === "retry" ? resolution.model : undefined
  const { model, route } = nearest(session.log.state.edits, path)
  const chosen = resolved ?? model
  return { ...(chosen === undefined ? {} : { model: chosen }), ...(route === undefined ? {} : { route }) }
}

function nearest(edits: ReadonlyMap<string, EditState>, path: string): Pick<EditState, "model" | "route"> {
  if (edits.size === 0) return {}
  const outer = /^(.*[^.[])[.[]/.exec(path)?.[1]
  const inherited = outer === undefined ? {} : nearest(edits, outer)
  const { model = inherited.model, route = inherited.route } = edits.get(path) ?? {}
  return { ...(model === undefined ? {} : { model }), ...(route === undefined ? {} : { route }) }
}

/** A request to a language model with the text of its last user message replaced; what that message shows beside it stays. */
function withPrompt(input: unknown, prompt: string, path: string): Json {
  const messages = isJsonObject(input) && input.type === "generate" ? input.messages : undefined
  const all = messages !== undefined && isJsonArray(messages) ? messages : []
  const last = all.findLastIndex((message) => isJsonObject(message) && message.role === "user")
  const message = all[last]
  if (!isJsonObject(input) || !isJsonObject(message))
    throw new WaybillError("edit_invalid", `${path}: found an edited prompt, but the step asks no language model.`, {
      path,
    })
  const shown =
    message.content !== undefined && isJsonArray(message.content) ? message.content.filter((part) => !isText(part)) : []
  const edited = { ...message, content: [{ type: "text", text: prompt }, ...shown] }
  return { ...input, messages: all.with(last, edited) }
}

function isText(part: Json): boolean {
  return isJsonObject(part) && part.type === "text"
}
