/** When the time of a step's attempt is over: its own timeout, or what is left of the time for all attempts. */
import { durationMs } from "../lib/duration.ts"
import { WaybillError } from "../lib/errors.ts"
import { DEFAULT_COMPENSATION_MS } from "../lib/limits.ts"
import { isStoppedBeforehand } from "./answered.ts"
import type { Limit } from "./deadlines.ts"
import { FinalFailure } from "./failure.ts"
import type { Session } from "./session.ts"
import type { StepJob } from "./step-run.ts"

/**
 * The limit of the attempt that starts now, or that started at `attemptAtMs` and goes on; undefined when there is none. While
 * the run is paused only attempts that call or wait grow older: steps that hold others, and all attempts together, do not.
 */
export function timeLimit(session: Session, job: StepJob, attemptAtMs: number): Limit | undefined {
  const { attemptMs, totalMs } = timeoutsOf(job)
  if (attemptMs === undefined && totalMs === undefined) return undefined
  const attemptEnd = () => {
    if (attemptMs === undefined) return Number.POSITIVE_INFINITY
    return job.kind.composite ? session.endOfLimit(attemptAtMs, attemptMs) : attemptAtMs + attemptMs
  }
  const atMs = () => Math.min(attemptEnd(), totalEnd(session, job, attemptAtMs))
  if (isStoppedBeforehand(session, job, atMs())) return undefined
  return {
    atMs,
    reason: () => {
      if (attemptMs !== undefined && (totalMs === undefined || attemptEnd() < totalEnd(session, job, attemptAtMs)))
        return timedOut(job.path, "the attempt", attemptMs)
      // There is no time left in which another attempt could succeed.
      return new FinalFailure(timedOut(job.path, "all attempts together", totalMs ?? 0))
    },
  }
}

/** When the time for all attempts is over; infinite when there is no limit. */
export function totalEnd(session: Session, job: StepJob, nowMs: number): number {
  const { totalMs } = timeoutsOf(job)
  if (totalMs === undefined) return Number.POSITIVE_INFINITY
  return session.endOfLimit(session.log.step(job.path)?.startedAtMs ?? nowMs, totalMs)
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
