/**
 * The walk over a graph: scope by scope, step by step. What the log says is done is passed over; what is not is done.
 * So a start, a resume after a crash and the continuation of a wait are one and the same walk.
 */
import type { Scope, StepNode, Values } from "../graph/node.ts"
import { errorData, errorFrom, WaybillError } from "../lib/errors.ts"
import { stepEvent } from "../run/event.ts"
import type { StepState } from "../run/run-state.ts"
import { runAttempts } from "./attempts.ts"
import { isDecided } from "./edits.ts"
import { plainError } from "./failure.ts"
import type { ComingStep } from "./gate.ts"
import type { Session } from "./session.ts"

/** Walks the steps of a scope in order; `values` gains each step's output. Gives the scope's result. */
export async function walkScope(
  session: Session,
  prefix: string,
  scope: Scope,
  values: Values,
  signal: AbortSignal,
): Promise<unknown> {
  for (const node of scope.steps) {
    const path = prefix === "" ? node.name : `${prefix}.${node.name}`
    await walkStep(session, node, path, values, signal)
    session.values.bind(values, node.name, path)
  }
  if (signal.aborted) throw signal.reason
  const { output } = scope
  if (!output) return session.values.evaluate((seen) => outputsOf(scope, seen), values)
  return authored(`${prefix === "" ? "" : `${prefix}.`}output`, () => session.values.evaluate(output, values, signal))
}

async function walkStep(
  session: Session,
  node: StepNode,
  path: string,
  values: Values,
  signal: AbortSignal,
): Promise<void> {
  const known = session.log.step(path)
  if (known) {
    checkUnchanged(node, known)
    if (known.status === "completed" || known.status === "skipped") return
  } else {
    if (signal.aborted) throw signal.reason
    if (await isSkipped(session, { node, path, values }, signal)) return
    await session.gate.pass({ node, path, values }, signal)
  }
  await runAttempts(session, { kind: session.kindOf(node), node, path, values }, signal)
}

/** Passes over a step that its author leaves out. Somebody who decided about it in time has the last word. */
async function isSkipped(session: Session, { node, path, values }: ComingStep, signal: AbortSignal): Promise<boolean> {
  const when = node.options.when as ((values: Values) => boolean) | undefined
  if (!when || isDecided(session, path)) return false
  if (await authored(`${path}.when`, () => session.values.evaluate(when, values, signal))) return false
  await session.gate.passOver(path, signal)
  if (isDecided(session, path)) return false
  session.log.append(stepEvent("step.skipped", path, 0, { kind: node.kind, reason: "when" }))
  return true
}

/** What an author's closure gives that belongs to no step's attempt; what it throws is the author's error, at `path`. */
async function authored<Result>(path: string, evaluate: () => Promise<Result>): Promise<Result> {
  try {
    return await evaluate()
  } catch (thrown) {
    throw errorFrom({ path, ...plainError(errorData(thrown, "step_failed")) })
  }
}

/** A step whose kind or output schema is not what was recorded cannot be continued; a changed prompt can. */
function checkUnchanged(node: StepNode, known: StepState): void {
  if (known.digest === "" || known.digest.split(".")[0] === node.shape) return
  throw new WaybillError(
    "workflow_changed",
    `${known.path}: the code's kind or output schema is not the one that this run recorded (${known.kind}).`,
    { path: known.path, recorded: known.digest, found: `${node.shape}.${node.digest}` },
  )
}

function outputsOf(scope: Scope, values: Values): Values {
  return Object.fromEntries(scope.steps.map((step) => [step.name, values[step.name]]))
}
