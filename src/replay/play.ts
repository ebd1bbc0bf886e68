/**
 * Plays a recording: today's code on an empty log, its world answered by the recording, every step in the order and at the
 * time of the recording as far as it still gets there.
 *
 * Invariants:
 * 1. Nobody is called and nothing is written but into memory: models, tools, people and child runs are the recording's, and
 *    whoever takes the one way out that is left, `fetch`, gets nowhere and is counted (`offline.ts`).
 * 2. What happened later in the recording never happens earlier in the replay, unless nothing else can move any more.
 */

import { type CuePoint, Cues, RUN_END } from "../engine/cues.ts"
import { Engine } from "../engine/engine.ts"
import type { EngineHost } from "../engine/host.ts"
import { type AnsweredOperation, recordedAnswer } from "../engine/playback.ts"
import { type Intervention, interventionOf, type Recording, readRecording } from "../engine/recording.ts"
import type { Workflow } from "../graph/workflow.ts"
import { WaybillError } from "../lib/errors.ts"
import { type FakeClock, fakeClock } from "../lib/fake-clock.ts"
import { seededRandom } from "../lib/random.ts"
import type { ModelClient } from "../model/client.ts"
import { type RunHeader, runEvent } from "../run/event.ts"
import { isHeld } from "../run/run-state.ts"
import type { StepKind } from "../steps/step-kind.ts"
import type { BlobStore } from "../store/blob-store.ts"
import { MemoryEventStore } from "../store/memory-event-store.ts"
import { OverlayBlobStore } from "../store/overlay-blob-store.ts"
import { internalize } from "../store/values.ts"
import { noNetwork, type Outside, offline } from "./offline.ts"

/**
 * A timer that falls due this shortly before something that the recording says happened does not go before it: the recording
 * is right about the order, and the times in it are those of the log, a little after the fact.
 */
const GRACE_MS = 1_000

export interface PlayOptions {
  readonly recording: Recording
  /** The code of today. */
  readonly workflow: Workflow
  readonly kinds: Readonly<Record<string, StepKind>>
  /** Holds what the recording refers to; only read. */
  readonly blobs: Pick<BlobStore, "get" | "find">
  readonly onOperation?: (answered: AnsweredOperation) => void
}

export interface Played {
  /** What the code of today made of it. */
  readonly replayed: Recording
  readonly blobs: BlobStore
  /** Attempts to reach the network. */
  readonly outsideCalls: number
}

export async function play(options: PlayOptions): Promise<Played> {
  const { recording, workflow } = options
  const clock = fakeClock(recording.createdAtMs)
  const cues = new Cues(recording)
  const outside: Outside = { calls: 0 }
  const host = playHost(options, clock, cues, outside)
  host.store.append([runEvent("run.created", headerOf(recording.header, workflow))], clock.nowMs())
  await offline(outside, () => new Player(new Engine(host, workflow), recording, clock, cues, host.blobs).play())
  return { replayed: readRecording(host.store), blobs: host.blobs, outsideCalls: outside.calls }
}

/** Breakpoints stop nobody here: how the run went on from them is in the recording. */
function headerOf({ breakpoints: _breakpoints, ...header }: RunHeader, workflow: Workflow): RunHeader {
  return { ...header, version: workflow.version, graphDigest: workflow.digest }
}

function playHost(
  { recording, kinds, blobs, onOperation }: PlayOptions,
  clock: FakeClock,
  cues: Cues,
  outside: Outside,
): EngineHost {
  return {
    store: new MemoryEventStore(),
    blobs: new OverlayBlobStore(blobs),
    models: nobody,
    kinds,
    clock,
    random: seededRandom(1),
    fetch: noNetwork(outside),
    secrets: {},
    children: { start: nowhere, cancel: nowhere, undo: nowhere },
    onEvents: () => {},
    playback: {
      answer: async (path, failures) => recordedAnswer(recording, path, failures),
      beyond: "hold",
      cues,
      ...(onOperation ? { onOperation } : {}),
    },
  }
}

/** Every child run of a replay is answered before anybody gets here. */
const nowhere = () => Promise.reject(new WaybillError("replay_offline", "A replay has no child runs."))

/** The gateway of a replay. Every operation is answered before it gets here. */
const nobody: ModelClient = {
  operate: () => Promise.reject(new WaybillError("replay_offline", "A replay asks no model.")),
}

/** Something that the recording says happened next. */
type Happening = CuePoint | Intervention

class Player {
  readonly #engine: Engine
  readonly #recording: Recording
  readonly #clock: FakeClock
  readonly #cues: Cues
  readonly #blobs: BlobStore

  constructor(engine: Engine, recording: Recording, clock: FakeClock, cues: Cues, blobs: BlobStore) {
    this.#engine = engine
    this.#recording = recording
    this.#clock = clock
    this.#cues = cues
    this.#blobs = blobs
  }

  async play(): Promise<void> {
    await this.#settle()
    const { source, interventions } = this.#recording
    const decided = interventions.map((seq) => interventionOf(source, seq))
    const happenings: readonly Happening[] = [...this.#cues.points.values(), ...decided]
    for (const happening of happenings.toSorted((left, right) => left.seq - right.seq)) {
      if (this.#engine.state.ended) return
      if ("cue" in happening) await this.#reach(happening)
      else await this.#intervene(happening)
    }
    // A recording that has not ended says nothing of what would have come next, but what today's code is done with is done.
    if (this.#recording.endSeq === undefined) await this.#end()
    else await this.#finish()
  }

  async #reach({ cue, path, atMs }: CuePoint): Promise<void> {
    await this.#waitUntil(this.#cues.isAwaited(cue) ? atMs - GRACE_MS : atMs)
    while (!this.#cues.isAwaited(cue) && (await this.#retry(path))) {}
    // Where nothing is left but to end, today's code does so before what the recording went on with.
    if (!this.#cues.isAwaited(cue)) return this.#end()
    const nextMs = this.#engine.nextWakeMs() ?? Number.POSITIVE_INFINITY
    this.#clock.moveTo(Math.min(atMs, nextMs - 1))
    this.#cues.release(cue)
    await this.#settle()
  }

  async #intervene(intervention: Intervention): Promise<void> {
    await this.#waitUntil(intervention.atMs)
    if (this.#engine.state.ended) return
    if (intervention.type === "run.cancelled") this.#cancel(intervention)
    else if (intervention.type === "step.edited") await this.#edit(intervention)
    else if (intervention.type === "run.resumed") this.#resume()
    else await this.#resolve(intervention)
    await this.#settle()
  }

  /** A run that was about to end by itself does not any more. */
  #cancel({ data }: Extract<Intervention, { type: "run.cancelled" }>): void {
    this.#engine.commands.cancel(data)
    this.#cues.release(RUN_END)
  }

  /** Only where an output failed does a replay pause: at breakpoints, how the run went on is in the recording. */
  #resume(): void {
    if (this.#engine.state.paused) this.#engine.commands.resume()
  }

  /** A decision that today's code leaves nobody to make is passed over. */
  async #resolve({ path, data }: Extract<Intervention, { type: "step.resolved" }>): Promise<void> {
    const step = this.#engine.state.steps.get(path)
    if (!step || !isHeld(step)) return
    const { by, ...resolution } = data
    const whole =
      resolution.action === "complete"
        ? { ...resolution, output: await internalize(resolution.output, this.#blobs) }
        : resolution
    // An output that today's schema refuses decides nothing: the step goes on waiting, and the report says so.
    await this.#engine.commands.resolve(path, whole, by).catch(() => {})
  }

  /** An edit that comes too late for today's code, or that it refuses, is passed over: the report shows what it was for. */
  async #edit({ path, data }: Extract<Intervention, { type: "step.edited" }>): Promise<void> {
    const { by, input, output, ...rest } = data
    const edit = {
      ...rest,
      ...(input === undefined ? {} : { input: await internalize(input, this.#blobs) }),
      ...(output === undefined ? {} : { output: await internalize(output, this.#blobs) }),
    }
    const how = { copied: true, ...(by === undefined ? {} : { by }) } as const
    await this.#engine.commands.edit(path, edit, how).catch(() => {})
  }

  /** All that is recorded has happened: what is left of the run is its own. */
  async #finish(): Promise<void> {
    while (!this.#engine.state.ended) {
      if (!this.#cues.release()) {
        const nextMs = this.#engine.nextWakeMs()
        if (nextMs === undefined || nextMs <= this.#clock.nowMs()) return
        if (this.#awaitsSomebody() && nextMs > this.#timedOutMs()) return
        this.#clock.moveTo(nextMs)
      }
      await this.#settle()
    }
  }

  /** Whether a step waits for what the recording does not have: letting time pass would only make it give up. */
  #awaitsSomebody(): boolean {
    const { waitingLeaves, steps } = this.#engine.state
    return waitingLeaves > 0 && [...steps.values()].some(({ waiting }) => waiting && waiting.reason !== "sleep")
  }

  /** When the recording's own time was over: then nobody had come. Never, for one that ended otherwise. */
  #timedOutMs(): number {
    const { endSeq, source } = this.#recording
    const end = endSeq === undefined ? undefined : source.get(endSeq)
    return end?.type === "run.failed" && end.data.error.code === "run_timeout" ? end.atMs : Number.NEGATIVE_INFINITY
  }

  /** Lets time pass up to `atMs`, stopping at each timer on the way. */
  async #waitUntil(atMs: number): Promise<void> {
    for (;;) {
      const nextMs = this.#engine.nextWakeMs()
      if (nextMs === undefined || nextMs > atMs || nextMs <= this.#clock.nowMs()) break
      this.#clock.moveTo(nextMs)
      await this.#settle()
    }
    this.#clock.moveTo(atMs)
  }

  /** Lets the time of the step's next attempt come. False when it waits for none. */
  async #retry(path: string): Promise<boolean> {
    const step = this.#engine.state.steps.get(path)
    if (step?.status !== "retrying" || step.retryAtMs === undefined || step.retryAtMs <= this.#clock.nowMs())
      return false
    await this.#waitUntil(step.retryAtMs)
    return true
  }

  /** Lets the run end, if that is all that is left of it. */
  async #end(): Promise<void> {
    if (this.#cues.release(RUN_END)) await this.#settle()
  }

  async #settle(): Promise<void> {
    while ((await this.#engine.advance()) === "yield") {}
  }
}
