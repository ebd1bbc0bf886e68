/**
 * All that is read of a run's log: its events, its steps, its cost and its trace; and what takes today's code as well,
 * replays and what forks copy. It happens inside the run's own object, where the log is, and changes nothing there.
 */

import type { Engine } from "../engine/engine.ts"
import { type RecordedAnswer, recordedAnswer } from "../engine/playback.ts"
import { type Recording, readRecording } from "../engine/recording.ts"
import type { Workflow } from "../graph/workflow.ts"
import { type CostReport, costReport } from "../ledger/report.ts"
import { sleep, systemClock } from "../lib/clock.ts"
import type { StepList } from "../protocol/run-detail.ts"
import { type StepView, stepViews } from "../protocol/step-view.ts"
import type { StopView } from "../protocol/stop-view.ts"
import { compareRuns, type RunComparison } from "../replay/compare-runs.ts"
import type { Counterfactual, CounterfactualRequest } from "../replay/counterfactual.ts"
import { type ForkRequest, planFork, recordedEdits } from "../replay/derive.ts"
import { copiedEvents } from "../replay/fork.ts"
import type { ForkForecast, StepCosts } from "../replay/fork-forecast.ts"
import {
  type ModerationReview,
  type PolicyChange,
  reviewedPolicy,
  reviewModeration,
} from "../replay/moderation-review.ts"
import { type ReplayReport, replay } from "../replay/replay.ts"
import type { EventRow } from "../run/chain.ts"
import type { NewEvent, RunEvent } from "../run/event.ts"
import { fromRow } from "../run/event-row.ts"
import { kindsByName } from "../steps/index.ts"
import type { EventStore } from "../store/event-store.ts"
import { MemoryEventStore } from "../store/memory-event-store.ts"
import { eventsIn, rowPage } from "../store/pages.ts"
import type { TraceDocument } from "../trace/otlp.ts"
import { traceDocument } from "../trace/trace.ts"
import { askOthers } from "./ask-others.ts"
import { blobsOf } from "./blobs.ts"
import { derivationForecast, derivationOrder, type Original } from "./derivation-order.ts"
import type { Deployment, Env } from "./environment.ts"
import { reach } from "./remote.ts"
import type { RunRpc } from "./rpc.ts"
import { codeMissing } from "./start-run.ts"
import { viewStop } from "./stop.ts"
import type { CopiedPage, DerivationOrder, DerivationRequest, StudyRpc } from "./study-rpc.ts"
import { viewStep } from "./views.ts"

/** A page that is sent as one message stays well below the platform's 32 MB. */
const PAGE_BYTES = 4 * 1024 * 1024

const ROWS_PER_CALL = 500

/** How long somebody who asks where a run stands waits for it to come to rest. */
const STOP_WAIT_MS = 1_000

export interface ReadingHost {
  /** The run's engine. Rejects with `run_not_found`. */
  readonly engine: () => Promise<Engine>
  /** Resolves when the run stands or has ended, or after `timeoutMs`. */
  readonly untilStanding: (timeoutMs: number) => Promise<void>
  readonly store: EventStore
  readonly env: Env
  readonly deployment: () => Deployment
}

/** The part of a run's RPC that only reads. */
export type ReadingRpc = StudyRpc & Pick<RunRpc, "steps" | "step" | "events" | "rows" | "cost" | "trace">

export class Readings implements ReadingRpc {
  readonly #host: ReadingHost
  #known: Recording | undefined

  constructor(host: ReadingHost) {
    this.#host = host
  }

  async steps(offset: number, limit: number): Promise<StepList> {
    const { state } = await this.#host.engine()
    const isLast = state.steps.size <= offset + limit
    return {
      steps: stepViews(state, eventsIn(this.#host.store), { offset, limit }),
      ...(isLast ? {} : { nextCursor: String(offset + limit) }),
    }
  }

  async step(path: string): Promise<StepView> {
    return viewStep(await this.#host.engine(), path, eventsIn(this.#host.store))
  }

  async events(after: number, limit: number): Promise<readonly RunEvent[]> {
    return (await this.rows(after, limit)).map(fromRow)
  }

  async rows(after: number, limit: number): Promise<readonly EventRow[]> {
    await this.#host.engine()
    return rowPage(this.#host.store, after, limit)
  }

  async cost(): Promise<CostReport> {
    await this.#host.engine()
    return costReport(eventsIn(this.#host.store))
  }

  async trace(): Promise<TraceDocument> {
    await this.#host.engine()
    return traceDocument(eventsIn(this.#host.store))
  }

  async replay(): Promise<ReplayReport> {
    const { env, deployment } = this.#host
    const recording = await this.#recording()
    const workflow = this.#workflow(recording)
    const forecaster = deployment().gateway(env)
    await forecaster.live.freshen()
    return replay({ recording, workflow, kinds: kindsByName, blobs: blobsOf(env), forecaster })
  }

  async recordedAnswer(path: string, failures: number): Promise<RecordedAnswer | undefined> {
    return recordedAnswer(await this.#recording(), path, failures)
  }

  async order(request: DerivationRequest): Promise<DerivationOrder> {
    return derivationOrder(await this.#original(), request)
  }

  async forecast(request: DerivationRequest, samples: readonly StepCosts[]): Promise<ForkForecast> {
    return derivationForecast(await this.#original(), request, samples)
  }

  async reviewModeration(step: string, change?: PolicyChange): Promise<ModerationReview> {
    const recording = await this.#recording()
    const found = reviewedPolicy(this.#workflow(recording), kindsByName, step, change)
    return reviewModeration({ recording, blobs: blobsOf(this.#host.env) }, step, found?.policy)
  }

  async copies(fork: ForkRequest, upTo: number, skip: number): Promise<CopiedPage> {
    const recording = await this.#recording(upTo)
    const { point } = planFork(recording, this.#workflow(recording), kindsByName, fork)
    return pageOf(copiedEvents(point), skip)
  }

  async compare(other: string): Promise<RunComparison> {
    const { env } = this.#host
    const blobs = blobsOf(env)
    const right = await wholeLog(reach(env.RUNS, other))
    return compareRuns({ recording: await this.#recording(), blobs }, { recording: readRecording(right), blobs })
  }

  async counterfactual(request: CounterfactualRequest): Promise<Counterfactual> {
    const { env, deployment } = this.#host
    const recording = await this.#recording()
    return askOthers({ recording, workflow: this.#workflow(recording), env, models: deployment().models(env) }, request)
  }

  async stepLog(path: string): Promise<readonly RunEvent[]> {
    await this.#host.engine()
    return [...eventsIn(this.#host.store)].filter((event) => event.seq === 1 || event.path === path)
  }

  async stop(waitMs = 0): Promise<StopView> {
    const { store, env } = this.#host
    const engine = await this.#host.engine()
    await this.#host.untilStanding(waitMs)
    // What is still moving is on its way to a stop; one who asks is not kept waiting for a long call.
    if (engine.busy) await Promise.race([engine.atRest(), sleep(systemClock, STOP_WAIT_MS)])
    const other = (runId: string) => reach(env.RUNS, runId)
    return viewStop({ engine, store, blobs: blobsOf(env), other })
  }

  async recordedEdits(): Promise<readonly NewEvent[]> {
    return [...recordedEdits(await this.#recording())]
  }

  async #original(): Promise<Original> {
    const { env, deployment } = this.#host
    const recording = await this.#recording()
    return { recording, workflow: this.#workflow(recording), env, deployment: deployment() }
  }

  #workflow({ header }: Recording): Workflow {
    const workflow = this.#host.deployment().workflows.get(header.workflow)
    if (!workflow) throw codeMissing(header.workflow)
    return workflow
  }

  /** The run as it stands, or as it stood when event `upTo` was its newest. */
  async #recording(upTo?: number): Promise<Recording> {
    const { engine, store } = this.#host
    await engine()
    const seq = upTo ?? store.head().seq
    if (this.#known?.head.seq !== seq) this.#known = readRecording(store, seq)
    return this.#known
  }
}

/** All rows of another run, page by page. */
async function wholeLog(run: Pick<ReadingRpc, "rows">): Promise<MemoryEventStore> {
  const rows: EventRow[] = []
  for (;;) {
    const page = await run.rows(rows.length, ROWS_PER_CALL)
    if (page.length === 0) return new MemoryEventStore(rows)
    for (const row of page) rows.push(row)
  }
}

function pageOf(events: Iterable<NewEvent>, skip: number): CopiedPage {
  const page: NewEvent[] = []
  let bytes = 0
  let seen = 0
  for (const event of events) {
    seen += 1
    if (seen <= skip) continue
    if (bytes >= PAGE_BYTES) return { events: page, isLast: false }
    page.push(event)
    bytes += JSON.stringify(event.data).length
  }
  return { events: page, isLast: true }
}
