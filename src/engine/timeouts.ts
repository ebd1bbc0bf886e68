/** When the time of a step's attempt is over: its own timeout, or what is left of the time for all attempts. */
import { durationMs } from "../lib/duration.ts"
import { WaybillError } from "../lib/errors.ts"
import { DEFAULT_COMPENSATION_MS } from "../lib/limits.ts"
import { FinalFailure } from "./failure.ts"
import type { Session } from "./session.ts"
import type { StepJob } from "./step-run.ts"

export interface TimeLimit {
  readonly atMs: number
  /** What the attempt fails with then. */
  readonly reason: unknown
}

/** The limit of the attempt that starts now, or that started at `attemptAtMs` and goes on; undefined when there is none. */
export function timeLimit(session: Session, job: StepJob, attemptAtMs: number): TimeLimit | undefined {
  const { attemptMs, totalMs } = timeoutsOf(job)
  const attemptEndMs = attemptAtMs + (attemptMs ?? Number.POSITIVE_INFINITY)
  const totalEndMs = totalEnd(session, job, attemptAtMs)
  if (totalEndMs <= attemptEndMs && totalMs !== undefined)
    // There is no time left in which another attempt could succeed.
    return { atMs: totalEndMs, reason: new FinalFailure(timedOut(job.path, "all attempts together", totalMs)) }
  if (attemptMs !== undefined) return { atMs: attemptEndMs, reason: timedOut(job.path, "the attempt", attemptMs) }
  return undefined
}

/** When the time for all attempts is over; infinite when there is no limit. */
export function totalEnd(session: Session, job: StepJob, nowMs: number): number {
  const { totalMs = Number.POSITIVE_INFINITY } = timeoutsOf(job)
  return (session.log.step(job.path)?.startedAtMs ?? nowMs) + totalMs
}

/** The limit of one attempt at undoing a step: that of an attempt at the step itself, else the default. */
export function undoLimitMs(job: Pick<StepJob, "kind" | "node">): number {
  const { attemptMs, totalMs = DEFAULT_COMPENSATION_MS } = timeoutsOf(job)
  return attemptMs ?? Math.min(totalMs, DEFAULT_COMPENSATION_MS)
}

function timedOut(path: string, what: string, limitMs: number): WaybillError {
  return new WaybillError("step_timeout", `${path}: found no end of ${what} within ${limitMs} ms.`, { path, limitMs })
}

function timeoutsOf({ kind, node }: Pick<StepJob, "kind" | "node">): {
  readonly attemptMs?: number
  readonly totalMs?: number
} {
  const own = node.options.timeout ?? kind.timeout?.(node.config)
  if (own === undefined) return {}
  if (typeof own !== "object") return { attemptMs: durationMs(own, `${node.name}.timeout`) }
  return {
    ...(own.attempt === undefined ? {} : { attemptMs: durationMs(own.attempt, `${node.name}.timeout.attempt`) }),
    ...(own.total === undefined ? {} : { totalMs: durationMs(own.total, `${node.name}.timeout.total`) }),
  }
}
