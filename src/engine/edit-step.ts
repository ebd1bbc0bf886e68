/** Telling a run what is to be different about one of its steps: checked here, honoured in `edits.ts`. */
import type { Scope } from "../graph/node.ts"
import { parseWith } from "../graph/schema.ts"
import { WaybillError } from "../lib/errors.ts"
import { type Json, toJson } from "../lib/json.ts"
import { type StepEdit, stepEvent } from "../run/event.ts"
import type { StepKind } from "../steps/step-kind.ts"
import type { BlobStore } from "../store/blob-store.ts"
import { externalize } from "../store/values.ts"
import { nodeAt } from "./locate.ts"
import { isInGraph } from "./order.ts"
import type { Session } from "./session.ts"
import { isHeld } from "./stop.ts"

/** Logs the edit. Throws `step_not_found`, and `edit_invalid` for one that would have no effect or contradicts itself. */
export async function editStep(
  session: Session,
  path: string,
  edit: StepEdit,
  { by, copied }: { readonly by?: string; readonly copied?: true },
): Promise<void> {
  const { workflow, host, log } = session
  // What a recording holds was read by its schemas then.
  const checked = copied ? edit : checkedEdit(workflow.scope, host.kinds, path, edit)
  checkInTime(session, path, checked)
  const stored = await storedEdit(checked, host.blobs)
  checkInTime(session, path, checked)
  const data = { ...stored, ...(by === undefined ? {} : { by }), ...(copied ? { copied } : {}) }
  log.append(stepEvent("step.edited", path, 0, data))
}

/** The edit as the log may hold it. */
export async function storedEdit({ input, output, ...rest }: StepEdit, blobs: BlobStore): Promise<StepEdit> {
  return {
    ...rest,
    ...(input === undefined ? {} : { input: await externalize(input, blobs) }),
    ...(output === undefined ? {} : { output: await externalize(output, blobs) }),
  }
}

/** The edit with its values as the step's schemas read them. Throws as `editStep` does. */
export function checkedEdit(
  scope: Scope,
  kinds: Readonly<Record<string, StepKind>>,
  path: string,
  edit: StepEdit,
): StepEdit {
  const node = nodeAt(scope, path, kinds)
  if (!node && !isInGraph(scope, path))
    throw new WaybillError("step_not_found", `The workflow has no step at "${path}".`, { path })
  const { input, output, skip, prompt } = edit
  const parts = Object.keys(edit)
  const isAlone = (part: unknown) => part === undefined || parts.length === 1
  if (parts.length === 0) throw invalid(path, "found nothing to change")
  if (!isAlone(output) || !isAlone(skip))
    throw invalid(path, `found ${parts.join(" and ")}, of which one excludes the others`)
  if (input !== undefined && prompt !== undefined)
    throw invalid(path, "found an input and a prompt, expected one of the two")
  const kind = node && kinds[node.kind]
  const inputSchema = node && kind?.tool?.(node.config).input
  const outputSchema = node && kind?.output?.(node.config)
  return {
    ...edit,
    ...(input === undefined ? {} : { input: read(inputSchema, input, "input_invalid", path) }),
    ...(output === undefined ? {} : { output: read(outputSchema, output, "output_refused", path) }),
  }
}

function read(
  schema: Parameters<typeof parseWith>[0] | undefined,
  value: Json,
  code: "input_invalid" | "output_refused",
  path: string,
): Json {
  return toJson(schema ? parseWith(schema, value, code, path) : value, path)
}

/** A step that is under way, or has ended, has its input already; its output can be replaced as long as nobody has seen it. */
function checkInTime({ log }: Session, path: string, edit: StepEdit): void {
  const step = log.step(path)
  if (!step || isHeld(step) || step.status === "retrying" || step.status === "interrupted") return
  const isUnseen = step.status === "completed" && log.state.lastStartSeq < (step.outputSeq ?? 0)
  if (isUnseen && edit.output !== undefined && !log.state.ended) return
  throw invalid(
    path,
    `found the step ${step.status}, expected one that has not started, is held, or was the last to end`,
  )
}

function invalid(path: string, problem: string): WaybillError {
  return new WaybillError("edit_invalid", `${path}: ${problem}.`, { path })
}
