/** Telling a run what is to be different about one of its steps: taken down here, checked in `edit-check.ts`, honoured in `edits.ts`. */
import { type StepEdit, stepEvent } from "../run/event.ts"
import { isHeld, isOpen } from "../run/run-state.ts"
import type { BlobStore } from "../store/blob-store.ts"
import { externalize } from "../store/values.ts"
import { checkedEdit, invalidEdit } from "./edit-check.ts"
import { unanswered } from "./go-on.ts"
import { pathsAround, sequenceAfter } from "./order.ts"
import type { RunLog } from "./run-log.ts"
import type { Session } from "./session.ts"

/** Logs the edit. Throws what `checkedEdit` throws, and `edit_invalid` for one that comes too late. */
export async function editStep(
  session: Session,
  path: string,
  edit: StepEdit,
  { by, copied }: { readonly by?: string; readonly copied?: true },
): Promise<void> {
  const { workflow, host, log } = session
  // What a recording holds was read by its schemas then.
  const checked = copied ? edit : checkedEdit(workflow.scope, host.kinds, path, edit, "body")
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

/** A step that is under way, or has ended, has its input already; its output can be replaced as long as nobody has seen it. */
function checkInTime(session: Session, path: string, edit: StepEdit): void {
  const { log } = session
  const around = endedAround(log, path)
  const step = log.step(path)
  const isUnseen = step?.status === "completed" && log.state.lastStartSeq < (step.outputSeq ?? 0)
  if (isUnseen && edit.output !== undefined && !log.state.ended) {
    if (isYetToBeTaken(session, path)) return
    const problem = "its output was taken into that of the step around it as soon as it ended"
    if (!around) throw invalidEdit(path, `${problem}; fork the run from there, with this output`)
    throw invalidEdit(path, `${problem}; replace the output of ${around} instead`, { instead: around })
  }
  if (step?.waiting?.reason === "unanswered" && edit.output === undefined && !edit.skip) throw unanswered(path)
  if (around !== undefined) throw invalidEdit(path, `found that ${around}, which holds it, has ended`)
  if (!step || isHeld(step) || step.status === "retrying" || step.status === "interrupted") return
  throw invalidEdit(
    path,
    `found the step ${step.status}, expected one that has not started, is held, or was the last to end`,
  )
}

/** The outermost of the steps that hold the one at `path` and have ended. */
function endedAround(log: RunLog, path: string): string | undefined {
  const ended = (around: string) => {
    const step = log.step(around)
    return step !== undefined && !isOpen(step)
  }
  return pathsAround(path).findLast(ended)
}

/** Whether steps of its own sequence are to come, which read the output when they start: behind the last one it is read at once. */
function isYetToBeTaken({ workflow, log }: Session, path: string): boolean {
  const { prefix, later } = sequenceAfter(workflow.scope, path)
  const isStopped = log.state.paused?.at === `${prefix}output`
  return isStopped || later.some(({ name }) => log.step(`${prefix}${name}`) === undefined)
}
