/**
 * The walk over a graph: scope by scope, step by step. What the log says is done is passed over; what is not is done.
 * So a start, a resume after a crash and the continuation of a wait are one and the same walk.
 */
import type { Scope, StepNode, Values } from "../graph/node.ts"
import { parseWith } from "../graph/schema.ts"
import { errorData, errorFrom } from "../lib/errors.ts"
import { stepEvent } from "../run/event.ts"
import { isPausedAgain, isPausedAt } from "./answered.ts"
import { failBeforehand, runAttempts } from "./attempts.ts"
import { checkUnchanged } from "./changed.ts"
import { isDecided } from "./edits.ts"
import { classifyFailure, plainError } from "./failure.ts"
import type { Session } from "./session.ts"
import type { StepJob } from "./step-run.ts"

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
  const at = prefix === "" ? "output" : `${prefix}.output`
  const give = scope.output ?? ((seen: Values) => outputsOf(scope, seen))
  return orPause(session, at, () => authored(at, () => session.values.evaluate(give, values, signal)), signal)
}

/** Walks the workflow's body. Gives its output, as its schema reads it. */
export function walkBody(session: Session): Promise<unknown> {
  const { scope, outputSchema } = session.workflow
  const give = scope.output ?? ((values: Values) => outputsOf(scope, values))
  const output = (values: Values) =>
    outputSchema ? parseWith(outputSchema, give(values), "output_invalid", "output") : give(values)
  return walkScope(session, "", { ...scope, output }, session.values.root(), session.abort.signal)
}

async function walkStep(
  session: Session,
  node: StepNode,
  path: string,
  values: Values,
  signal: AbortSignal,
): Promise<void> {
  const job = { kind: session.kindOf(node), node, path, values }
  const known = session.log.step(path)
  if (known) {
    checkUnchanged(node, known)
    if (known.status === "completed" || known.status === "skipped") return
  } else {
    if (signal.aborted) throw signal.reason
    const condition = await conditionOf(session, job, signal)
    if (condition === "skipped") return
    if (condition === "met") await session.gate.pass({ node, path, values }, signal)
  }
  await runAttempts(session, job, signal)
}

/**
 * Passes over a step that its author leaves out. Somebody who decided about it in time has the last word. What the condition
 * throws is a failure of the step.
 */
async function conditionOf(session: Session, job: StepJob, signal: AbortSignal): Promise<"met" | "skipped" | "failed"> {
  const { node, path, values } = job
  const when = node.options.when as ((values: Values) => boolean) | undefined
  if (!when || isDecided(session, path)) return "met"
  try {
    if (await authored(`${path}.when`, () => session.values.evaluate(when, values, signal))) return "met"
  } catch (thrown) {
    await failBeforehand(session, job, thrown, signal)
    return "failed"
  }
  await session.gate.passOver(path, signal)
  if (isDecided(session, path)) return "met"
  session.log.append(stepEvent("step.skipped", path, 0, { kind: node.kind, reason: "when" }))
  return "skipped"
}

/**
 * What an output gives. When it fails there is no step to hold: a breakpoint on failures pauses the run instead, and what was
 * edited until it goes on makes it worth another try.
 */
async function orPause(
  session: Session,
  at: string,
  give: () => Promise<unknown>,
  signal: AbortSignal,
): Promise<unknown> {
  const { log, gate } = session
  for (let pauses = 0; ; pauses += 1) {
    try {
      return await give()
    } catch (thrown) {
      const { failureClass } = classifyFailure(thrown, at, "step_failed")
      if (log.closed || signal.aborted || !isPausedAt(session, at, pauses, failureClass)) throw thrown
      const { seq } = log.state
      log.append(...session.pauseAt(at))
      await gate.resumed(signal)
      if (log.state.lastEditSeq <= seq && !isPausedAgain(session, at, pauses + 1)) throw thrown
    }
  }
}

/** What an author's closure gives that belongs to no step's attempt; what it throws is the author's error, at `path`. */
async function authored<Result>(path: string, evaluate: () => Promise<Result>): Promise<Result> {
  try {
    return await evaluate()
  } catch (thrown) {
    throw errorFrom({ path, ...plainError(errorData(thrown, "step_failed")) })
  }
}

function outputsOf(scope: Scope, values: Values): Values {
  return Object.fromEntries(scope.steps.map((step) => [step.name, values[step.name]]))
}
