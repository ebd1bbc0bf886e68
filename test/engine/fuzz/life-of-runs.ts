/**
 * Runs a workflow, with its child runs, through as many lives of their processes as the seed wants, and plays the part of
 * everybody outside: the clock, those who answer, those who send signals, those who decide about parked steps.
 */
import type { Workflow } from "waybill"
import { fakeClock } from "waybill/testing"
import { Engine } from "../../../src/engine/engine.ts"
import type { ChildStart, EngineHost } from "../../../src/engine/host.ts"
import { WaybillError } from "../../../src/lib/errors.ts"
import type { Json } from "../../../src/lib/json.ts"
import { seededRandom } from "../../../src/lib/random.ts"
import type { RunHeader } from "../../../src/run/event.ts"
import { isOpen, type StepState } from "../../../src/run/run-state.ts"
import { kindsByName } from "../../../src/steps/index.ts"
import type { BlobStore } from "../../../src/store/blob-store.ts"
import { MemoryBlobStore } from "../../../src/store/memory-blob-store.ts"
import { MemoryEventStore } from "../../../src/store/memory-event-store.ts"
import { internalize } from "../../../src/store/values.ts"
import { Dead, Life, mortalStore } from "../../support/mortal.ts"
import { type Dice, hashed } from "./plan.ts"
import { CALL_NANO_USD, type World } from "./world.ts"

export interface FuzzedRun {
  readonly runId: string
  workflow: Workflow
  readonly store: MemoryEventStore
  engine: Engine
}

/** What the blob store throws when it is down for a moment. */
class Outage extends Error {}

export interface FuzzOptions {
  readonly world: World
  readonly workflows: readonly Workflow[]
  /** How many moments the next life has; infinite: it is the last. */
  readonly momentsOf: () => number
  /** What else people do to the root run, now and then: pause it, cancel it. */
  readonly meddle?: (run: FuzzedRun) => void
  /** The code, written anew, that is deployed when the life of this number begins; undefined: that which is. */
  readonly deployed?: (life: number) => readonly Workflow[] | undefined
  /** Signals that the root run gets before anything else. */
  readonly early?: readonly string[]
  /** Whether the blob store fails now. */
  readonly isOut?: () => boolean
}

export class Runs {
  readonly #options: FuzzOptions
  readonly runs = new Map<string, FuzzedRun>()
  readonly clock = fakeClock()
  readonly blobs = new MemoryBlobStore()
  readonly #header: Omit<RunHeader, "graphDigest" | "version" | "workflow" | "runId" | "input"> = {
    tenant: { id: "fuzz" },
    tags: [],
  }
  lives = 0

  constructor(options: FuzzOptions) {
    this.#options = options
  }

  /** Runs `workflow` to its end. Throws when it gets stuck. */
  async run(workflow: Workflow): Promise<FuzzedRun> {
    const root = await this.#add("run_0000000000000000000000root", workflow, { n: 1 }, {})
    this.#newLife()
    for (let rounds = 0; rounds < 3_000; rounds += 1) {
      try {
        if (await this.#round()) return root
      } catch (thrown) {
        // An engine whose blobs failed is of no more use.
        if (thrown instanceof Outage) this.#options.world.life.end()
        else if (!(thrown instanceof Dead) && !this.#options.world.life.over) throw thrown
      }
      if (this.#options.world.life.over) this.#newLife()
    }
    throw new Error(`The run is stuck: ${JSON.stringify([...root.engine.state.steps.values()].filter(isOpen))}`)
  }

  /** The value in event `seq` of a run, whole, whether or not any process is alive. */
  async outputAt({ store }: FuzzedRun, seq: number | undefined): Promise<Json | undefined> {
    const event = seq === undefined ? undefined : store.get(seq)
    const stored = event && "output" in event.data ? event.data.output : undefined
    return stored === undefined ? undefined : internalize(stored, this.blobs)
  }

  /** One round of everything that can happen at this moment. True when all runs have ended and owe nothing. */
  async #round(): Promise<boolean> {
    const root = this.runs.values().next().value
    if (root && !root.engine.state.ended) await this.#disturb(root)
    for (const run of this.runs.values()) await this.#advance(run)
    const before = this.#events()
    for (const run of this.runs.values()) await this.#serve(run)
    if (this.#events() > before) return false
    const next = [...this.runs.values()].flatMap((run) => run.engine.nextWakeMs() ?? [])
    if (next.length > 0) {
      this.clock.moveTo(Math.min(...next))
      return false
    }
    return [...this.runs.values()].every((run) => run.engine.state.ended !== undefined && !run.engine.busy)
  }

  async #disturb(root: FuzzedRun): Promise<void> {
    const sent = new Set(root.store.read().map((event) => event.type === "signal.received" && event.data.name))
    for (const name of this.#options.early ?? [])
      if (!sent.has(name)) await root.engine.commands.signal(name, { from: name, early: true })
    this.#options.meddle?.(root)
  }

  async #advance(run: FuzzedRun): Promise<void> {
    while ((await run.engine.advance()) === "yield") {}
  }

  /** How many events all runs have written. */
  #events(): number {
    return [...this.runs.values()].reduce((sum, run) => sum + run.store.head().seq, 0)
  }

  /** Everybody outside does what the run waits for. */
  async #serve(run: FuzzedRun): Promise<void> {
    const { engine } = run
    if (engine.state.paused) engine.commands.resume()
    for (const step of [...engine.state.steps.values()]) await this.#answer(run, step)
    await this.#tellParent(run)
  }

  async #answer({ engine }: FuzzedRun, { path, status, waiting }: StepState): Promise<void> {
    if (status !== "waiting" || !waiting) return
    const { commands, state } = engine
    const isAnswered = state.signals.some((signal) => signal.path === path || signal.name === waiting.signal)
    // Some of those that could wait no longer than to a certain time are never answered.
    if (isAnswered || (waiting.untilMs !== undefined && hashed(path, 2) === 0)) return
    if (waiting.reason === "approval") await commands.approve(path, { approved: path.length % 2 === 0, by: "ann" })
    if (waiting.reason === "signal" && waiting.signal)
      await commands.signal(waiting.signal, { from: waiting.signal, early: false })
    if (waiting.reason === "interrupted") await this.#decide(engine, path)
  }

  /** Whoever looks at a parked step finds out whether the effect happened, and says so. */
  async #decide(engine: Engine, path: string): Promise<void> {
    const { world } = this.#options
    const started = engine.state.steps.get(path)
    const event = started?.inputSeq === undefined ? undefined : this.#keyOf(engine, started.inputSeq)
    const done = event === undefined ? undefined : world.effects.get(event)
    await engine.commands.resolve(path, done ? { action: "complete", output: done.output } : { action: "retry" })
  }

  #keyOf(engine: Engine, seq: number): string | undefined {
    const run = [...this.runs.values()].find((one) => one.engine === engine)
    const event = run?.store.get(seq)
    return event?.type === "step.started" ? event.data.idempotencyKey : undefined
  }

  async #tellParent(run: FuzzedRun): Promise<void> {
    const { header } = run.engine.state
    const parent = header?.parent && this.runs.get(header.parent.runId)
    const end = parent && (await run.engine.childEnd())
    if (end) await parent.engine.commands.childEnded(end)
  }

  /** All processes die and are made anew. */
  #newLife(): void {
    this.lives += 1
    this.#options.world.begin(new Life(this.#options.momentsOf()))
    for (const run of this.runs.values()) {
      // What was written in the last moment of a life was told to nobody.
      this.#options.world.learn(run.runId, run.store.read())
      run.workflow =
        this.#options.deployed?.(this.lives)?.find(({ name }) => name === run.workflow.name) ?? run.workflow
      run.engine = this.#engine(run)
    }
  }

  #engine({ workflow, store, runId }: Omit<FuzzedRun, "engine">, life = this.#options.world.life): Engine {
    const { world } = this.#options
    const host: EngineHost = {
      store: mortalStore(store, life),
      blobs: mortalBlobs(this.blobs, life, this.#options.isOut),
      models: world.models(life),
      kinds: kindsByName,
      clock: this.clock,
      random: seededRandom(1),
      fetch: () => Promise.reject(new Error("There is no network.")),
      secrets: world.secrets(life),
      onEvents: (events) => world.learn(runId, events),
      forecaster: { worstNanoUsd: () => CALL_NANO_USD },
      children: {
        start: (child) => this.#startChild(child, life),
        cancel: async (id, how) => this.#reach(id, life).commands.cancel(how),
        undo: async (id, reason) => {
          const engine = this.#reach(id, life)
          engine.commands.undo(reason)
          return engine.undone
        },
      },
    }
    return new Engine(host, workflow)
  }

  async #startChild({ runId, workflow, input, parent, header }: ChildStart, life: Life): Promise<void> {
    life.moment()
    const found = this.#options.workflows.find((one) => one.name === workflow)
    if (!found) throw new WaybillError("not_scripted", `There is no workflow ${workflow}.`)
    if (!this.runs.has(runId)) await this.#add(runId, found, input, { ...header, parent })
    life.moment()
  }

  #reach(runId: string, life: Life): Engine {
    life.moment()
    const run = this.runs.get(runId)
    if (!run) throw new WaybillError("run_not_found", `There is no run ${runId}.`)
    return run.engine
  }

  async #add(runId: string, workflow: Workflow, input: Json, more: Partial<RunHeader>): Promise<FuzzedRun> {
    const store = new MemoryEventStore()
    const blank = { runId, workflow, store }
    // Whoever starts a run is told so only when its first event is written: no life ends in between.
    const maker = this.#engine(blank, new Life())
    await maker.create({ ...this.#header, ...more, runId, workflow: workflow.name, input })
    const run = { ...blank, engine: this.#engine(blank) }
    this.runs.set(runId, run)
    return run
  }
}

function mortalBlobs(inner: BlobStore, life: Life, isOut = () => false): BlobStore {
  const during = async <Result>(work: Promise<Result>): Promise<Result> => {
    life.moment()
    const result = await work
    if (isOut()) throw new Outage("The blob store is out of reach.")
    life.moment()
    return result
  }
  return {
    put: (bytes, mediaType) => during(inner.put(bytes, mediaType)),
    get: (reference) => during(inner.get(reference)),
    find: (digest) => during(inner.find(digest)),
  }
}

/** A pause or, when `cancels`, sooner or later a cancellation: drawn anew each round. */
export function meddler(dice: Dice, cancels: boolean): (run: FuzzedRun) => void {
  return (run) => {
    if (cancels && dice.chance(0.1)) return run.engine.commands.cancel({ compensate: dice.chance(0.7) })
    if (dice.chance(0.1)) run.engine.commands.pause()
  }
}
