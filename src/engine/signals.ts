/**
 * Signals and the steps that take them. Several steps may take signals of one name and expect different things of them: what
 * comes is checked against those that it may be meant for, and each step takes only what fits it.
 */
import type { StepNode } from "../graph/node.ts"
import { parseWith, type Schema } from "../graph/schema.ts"
import type { Json } from "../lib/json.ts"
import type { Waiting } from "../run/event.ts"
import type { RunState } from "../run/run-state.ts"
import type { WaitOutcome } from "../steps/step-kind.ts"
import { allNodes, nodeAt } from "./locate.ts"
import type { Session } from "./session.ts"
import type { StepRun } from "./step-run.ts"

type ArrivedSignal = RunState["signals"][number]

/**
 * Checks a signal from outside. The steps that wait for it now decide; when none does, all that may wait for it later: those
 * of which the graph knows the name. It has to fit one of them. Throws `signal_invalid`.
 */
export function checkSignal(session: Session, name: string, payload: unknown): void {
  const { workflow, host } = session
  const takes = (node: StepNode) => host.kinds[node.kind]?.takes?.(node.config)
  const waiting = waitersFor(session, name).flatMap((path) => nodeAt(workflow.scope, path, host.kinds) ?? [])
  const named = () => [...allNodes(workflow.scope)].filter((node) => takes(node)?.signal === name)
  const schemas = (waiting.length > 0 ? waiting : named()).map((node) => takes(node)?.schema)
  if (schemas.some((schema) => fits(schema, payload))) return
  const [first] = schemas
  if (first) parseWith(first, payload, "signal_invalid", name)
}

/** Paths of the steps that wait for a signal of this name. */
export function waitersFor({ log }: Session, name: string): string[] {
  return [...log.state.steps.values()].filter((step) => step.waiting?.signal === name).map((step) => step.path)
}

/** The oldest signal for the step that nobody has claimed and that is not in `refused`; undefined while there is none. */
export function nextSignal(
  { log, claimed }: Session,
  path: string,
  waiting: Waiting,
  refused: ReadonlySet<number>,
): ArrivedSignal | undefined {
  return log.state.signals.find((one) => !claimed.has(one.seq) && !refused.has(one.seq) && isFor(one, path, waiting))
}

/** Takes `arrived` for the step, so that nobody else gets it; undefined when it does not fit the step. */
export async function takeSignal(
  session: Session,
  run: StepRun,
  arrived: ArrivedSignal,
): Promise<WaitOutcome | undefined> {
  const { values, claimed } = session
  // Until the step's end is logged the signal is still in the state; the claim keeps others from taking it too.
  claimed.add(arrived.seq)
  run.signalSeq = arrived.seq
  const payload = (await values.load(arrived.seq)) as Json
  if (arrived.path !== undefined || fits(run.kind.takes?.(run.node.config).schema, payload)) {
    const { atMs, by } = arrived
    return { type: "signal", payload, atMs, ...(by === undefined ? {} : { by }) }
  }
  claimed.delete(arrived.seq)
  delete run.signalSeq
  // Others looked away while it was claimed.
  for (const path of waitersFor(session, arrived.name)) session.parking.wake(path)
  return undefined
}

function fits(schema: Schema | undefined, payload: unknown): boolean {
  return schema === undefined || schema.safeParse(payload).success
}

function isFor(signal: ArrivedSignal, path: string, waiting: Waiting): boolean {
  if (signal.path !== undefined) return signal.path === path
  return waiting.reason === "signal" && signal.name === waiting.signal
}
