/**
 * All that the engine needs from where it runs. A Durable Object, a plain Node process and a test each give one;
 * the engine knows nothing else of them.
 */

import type { Clock } from "../lib/clock.ts"
import type { ErrorData } from "../lib/errors.ts"
import type { Json } from "../lib/json.ts"
import type { Random } from "../lib/random.ts"
import type { Forecaster, ModelClient } from "../model/client.ts"
import type { RunEvent, RunHeader } from "../run/event.ts"
import type { StepKind } from "../steps/step-kind.ts"
import type { BlobStore } from "../store/blob-store.ts"
import type { EventStore } from "../store/event-store.ts"
import type { Playback } from "./playback.ts"

/** What a child run was started with; starting the same id twice must start one run. */
export interface ChildStart {
  readonly runId: string
  readonly workflow: string
  readonly input: Json
  readonly parent: { readonly runId: string; readonly path: string; readonly depth: number }
  readonly header: Pick<RunHeader, "tenant" | "user" | "region" | "tags" | "priority" | "breakpoints">
}

export interface ChildRuns {
  start(child: ChildStart): Promise<void>
  /** Throws `run_ended` for a run that has ended, and `run_not_found` for one that was never started. */
  cancel(runId: string, how: { readonly reason: string; readonly compensate: boolean }): Promise<void>
  /**
   * Lets the run undo what it did, and gives what has come of that by now: to be asked again until it is over. One that is
   * under way is cancelled first. Throws `run_not_found` for one that was never started.
   */
  undo(runId: string, reason: string): Promise<Undone>
}

/** How far a run has undone itself. */
export interface Undone {
  /** Nothing is left to be undone. */
  readonly isOver: boolean
  /** Paths of the steps that could not be undone. */
  readonly failed: readonly string[]
}

/** What a child run tells its parent when it ends, and again when what it cost has changed since. */
export interface ChildEnd {
  readonly runId: string
  readonly status: "succeeded" | "failed" | "cancelled"
  readonly output?: Json
  readonly error?: ErrorData
  /** It did something that can be undone. */
  readonly undoable?: true
  /** What the child and its own children cost. */
  readonly costNanoUsd: number
}

export interface EngineHost {
  readonly store: EventStore
  readonly blobs: BlobStore
  readonly models: ModelClient
  readonly kinds: Readonly<Record<string, StepKind>>
  readonly clock: Clock
  readonly random: Random
  readonly fetch: typeof fetch
  readonly secrets: Readonly<Record<string, string | undefined>>
  readonly children: ChildRuns
  /** Answers from a recording in the place of all the above: the run is a replay. */
  readonly playback?: Playback
  /** Says what a model call that died with its process can have cost at most. Default: nobody can say. */
  readonly forecaster?: Pick<Forecaster, "worstNanoUsd">
  /** Called with every batch of events right after it was appended. What it throws is dropped. */
  readonly onEvents: (events: readonly RunEvent[]) => void
  /** Called with pieces of answers as they stream in; nothing durable depends on them. `reset`: the pieces before it are void. */
  readonly onDelta?: (delta: {
    readonly path: string
    readonly attempt: number
    readonly text: string
    readonly reset?: true
  }) => void
  /** Whether anybody listens to the pieces now. An answer that nobody listens to is asked for whole, which costs less. Default: yes. */
  readonly isListening?: () => boolean
}
