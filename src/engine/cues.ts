/**
 * Cues: the points at which a replayed step waits until its turn has come in the order of the recording. Every attempt has
 * two, before it starts and before its end is logged, and the run has one, before its own end. So what stood side by side in
 * the recording happens in the same order again, whatever the order in which tasks would get there by themselves.
 */

import type { Pause } from "../run/pauses.ts"
import type { Recording } from "./recording.ts"

export type Cue = `${"start" | "end"} ${number} ${string}`

/** The cue of the attempt at `path` that follows `failures` failed ones. */
export function cueOf(what: "start" | "end", path: string, failures: number): Cue {
  return `${what} ${failures} ${path}`
}

/** The cue of the run's own end, whether it succeeds or fails. */
export const RUN_END = cueOf("end", "", 0)

/** Something that the recording says happened at `atMs`, as event `seq`. */
export interface CuePoint {
  readonly cue: Cue
  readonly path: string
  readonly seq: number
  readonly atMs: number
}

export class Cues {
  readonly #recording: Recording
  /** All cues of the recording. */
  readonly points: ReadonlyMap<Cue, CuePoint>
  readonly #waiting = new Map<Cue, () => void>()

  constructor(recording: Recording) {
    this.#recording = recording
    this.points = new Map([...pointsOf(recording)].map((point) => [point.cue, point]))
  }

  /** Whether the recording says when the task at `cue` went on. */
  isRecorded(cue: Cue): boolean {
    return this.points.has(cue)
  }

  /** Whether the failure that followed `failures` others was held by a breakpoint in the recording. */
  isHeld(path: string, failures: number): boolean {
    return this.#recording.steps.get(path)?.attempts[failures]?.end?.held === true
  }

  /** Whether the recording has no other attempt after the one that followed `failures` failed ones. */
  isLastAttempt(path: string, failures: number): boolean {
    const end = this.#recording.steps.get(path)?.attempts[failures]?.end
    return end !== undefined && !end.retried
  }

  /** When the attempt that followed `failures` failed ones was stopped from above in the recording; undefined if it was not. */
  stoppedAtMs(path: string, failures: number): number | undefined {
    return this.#recording.steps.get(path)?.attempts[failures]?.stoppedAtMs
  }

  /** Digest of the definition that the step had in the recording. */
  digestOf(path: string): string | undefined {
    return this.#recording.steps.get(path)?.digest
  }

  /** When the run was paused in the recording. */
  get pauseTimes(): readonly Pause[] {
    return this.#recording.pauseTimes
  }

  /** How often the run paused at `path` in the recording. */
  pausesAt(path: string): number {
    return this.#recording.pauses.get(path) ?? 0
  }

  /** A task waits at `cue`; `wake` lets it look again. */
  arrived(cue: Cue, wake: () => void): void {
    this.#waiting.set(cue, wake)
  }

  /** The task waits no longer: it was released, or stopped. */
  left(cue: Cue): void {
    this.#waiting.delete(cue)
  }

  isAwaited(cue: Cue): boolean {
    return this.#waiting.has(cue)
  }

  /** Lets the task at `cue` go on; without `cue`, the one that has waited longest. False when there is none. */
  release(cue: Cue | undefined = this.#waiting.keys().next().value): boolean {
    const wake = cue && this.#waiting.get(cue)
    wake?.()
    return wake !== undefined
  }
}

function* pointsOf(recording: Recording): Generator<CuePoint> {
  for (const { path, attempts } of recording.steps.values()) {
    for (const [failures, { startSeq, startedAtMs, end }] of attempts.entries()) {
      yield { cue: cueOf("start", path, failures), path, seq: startSeq, atMs: startedAtMs }
      if (end && end.status !== "skipped")
        yield { cue: cueOf("end", path, failures), path, seq: end.seq, atMs: end.atMs }
    }
  }
  const end = recording.endSeq === undefined ? undefined : recording.source.get(recording.endSeq)
  // A cancellation is no end that a run comes to by itself.
  if (end && end.type !== "run.cancelled") yield { cue: RUN_END, path: "", seq: end.seq, atMs: end.atMs }
}
