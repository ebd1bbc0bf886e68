/**
 * The Durable Object of one run. It has no features: it gives the engine its SQLite, its bucket and its one alarm, and
 * forwards what it is asked. Whoever wants it to do something new wants the engine, the fold or the protocol to do it.
 */
import { DurableObject } from "cloudflare:workers"
import { Lifecycle } from "agents/lifecycle"
import { WebSockets } from "agents/websockets"
import type { Engine } from "../engine/engine.ts"
import type { ChildEnd, Undone } from "../engine/host.ts"
import { isStanding } from "../engine/stop.ts"
import { missingWorkflow, type Workflow } from "../graph/workflow.ts"
import { sleep, systemClock } from "../lib/clock.ts"
import { WaybillError } from "../lib/errors.ts"
import { MAX_LISTED_STEPS, TELL_PATIENCE_MS, UNDO_WAIT_MS } from "../lib/limits.ts"
import type { Command } from "../protocol/command.ts"
import type { RunDetail } from "../protocol/run-detail.ts"
import type { RunView } from "../protocol/run-view.ts"
import type { RunStart } from "../protocol/start.ts"
import type { StopView } from "../protocol/stop-view.ts"
import { type RunSummary, runSummary } from "../protocol/summary.ts"
import { fromRow } from "../run/event-row.ts"
import { eventsIn, rowPage } from "../store/pages.ts"
import { SqlEventStore } from "../store/sql-event-store.ts"
import { obey } from "./commands.ts"
import { Derivation } from "./derive-run.ts"
import type { Deployment, Env } from "./environment.ts"
import { placed } from "./jurisdiction.ts"
import { checkNamesIn } from "./names-by-hand.ts"
import { type OpenRun, openRun } from "./open-run.ts"
import { type ReadingRpc, Readings } from "./readings.ts"
import { answerCall, type Call, type Outcome, reach } from "./remote.ts"
import { isTold } from "./report.ts"
import type { NextEvents, RunRpc } from "./rpc.ts"
import { RunSockets } from "./run-sockets.ts"
import { durableSql } from "./sql.ts"
import { findWorkflow, prepareStart } from "./start-run.ts"
import type { DerivationOrder } from "./study-rpc.ts"
import { Subscribers } from "./subscribers.ts"
import { viewRun } from "./views.ts"

export abstract class RunShell extends DurableObject<Env> implements Omit<RunRpc, keyof ReadingRpc> {
  /** What is deployed; the roof says. */
  protected abstract readonly deployment: Deployment
  readonly #store = new SqlEventStore(durableSql(this.ctx.storage))
  readonly #subscribers = new Subscribers()
  readonly #sockets: RunSockets = new RunSockets({
    connections: () => this.#webSockets.getConnections(),
    view: () => this.view(),
    command: (command) => this.command(command),
    stop: () => this.#standing(),
    read: (after) => eventsIn(this.#store, after),
    startFrom: async ({ type: _type, id: _id, workflow, ...body }, tenantId) => {
      const run = { runId: this.lifecycle.name, workflow, tenant: { id: tenantId } }
      return this.start(await prepareStart(this.env, this.deployment, run, body))
    },
  })
  readonly #webSockets: WebSockets = new WebSockets({ protocol: false, handlers: this.#sockets.handlers })
  readonly lifecycle = Lifecycle.install(this).use(this.#webSockets)
  readonly #readings = new Readings({
    engine: () => this.#engine(),
    untilStanding: async (timeoutMs) => this.#untilStanding(await this.#engine(), timeoutMs),
    store: this.#store,
    env: this.env,
    deployment: () => this.deployment,
  })
  readonly #derivation = new Derivation(this.#store, this.ctx.storage.kv, (runId) => reach(this.env.RUNS, runId))
  #run: OpenRun | undefined

  /** Runs once each time the object comes to memory: what a crash cut off goes on here, whoever woke it. */
  async onStart(): Promise<void> {
    await this.#derivation.finish()
    const [created] = this.#store.read(0, 1)
    if (created?.type !== "run.created") return
    const { workflow: name } = created.data
    await this.#open(this.deployment.workflows.get(name) ?? missingWorkflow(name)).driver.takeUp()
  }

  async onJob({ job }: { readonly job: { readonly id: string } }): Promise<void> {
    await this.#run?.driver.fired(job.id)
  }

  /** What others call; all other methods are called through it (see `remote.ts`). */
  call(call: Call): Promise<Outcome> {
    return answerCall(call.method in this.#readings ? this.#readings : this, call)
  }

  async start(request: RunStart): Promise<RunView> {
    await this.lifecycle.start()
    const { engine, driver } = this.#run ?? this.#open(findWorkflow(this.deployment, request.workflow))
    await engine.create(placed(this.env.RUNS, request))
    await driver.drive()
    return viewRun(engine)
  }

  async go(): Promise<RunSummary> {
    const engine = await this.#engine()
    await this.#run?.driver.go()
    return runSummary(engine.state)
  }

  async derive(order: DerivationOrder): Promise<RunView> {
    await this.lifecycle.start()
    if (!this.#run) await this.#derivation.make({ ...order, header: placed(this.env.RUNS, order.header) })
    const { engine, driver } = this.#run ?? this.#open(findWorkflow(this.deployment, order.header.workflow))
    await driver.drive()
    return viewRun(engine)
  }

  async view(): Promise<RunView> {
    return viewRun(await this.#engine())
  }

  async detail(timeoutMs: number): Promise<RunDetail> {
    const engine = await this.#engine()
    const isDue = () => engine.state.ended !== undefined || (!engine.busy && isStanding(engine.state))
    await this.#subscribers.until(isDue, timeoutMs)
    // Whoever saw a run end looks for it in lists next.
    if (engine.state.ended) await this.#subscribers.until(() => isTold(engine, this.ctx.storage.kv), TELL_PATIENCE_MS)
    return { ...(await viewRun(engine)), ...(await this.#readings.steps(0, MAX_LISTED_STEPS)) }
  }

  startAndWait(request: RunStart, timeoutMs: number): Promise<RunDetail> {
    return this.start(request).then(() => this.detail(timeoutMs))
  }

  async waitForEvents(after: number, timeoutMs: number): Promise<NextEvents> {
    const engine = await this.#engine()
    // What ended may still owe compensations, and their events.
    const isOver = () => engine.state.ended !== undefined && !engine.busy && engine.nextWakeMs() === undefined
    await this.#subscribers.until(() => engine.state.seq > after || isOver(), timeoutMs)
    const events = rowPage(this.#store, after).map(fromRow)
    return { events, isEnd: isOver() && (events.at(-1)?.seq ?? after) >= engine.state.seq }
  }

  async command(command: Command, waitMs = 0): Promise<RunView> {
    const engine = await this.#engine()
    await checkNamesIn(command, this.deployment.gateway(this.env))
    await obey(engine, command)
    await this.#run?.driver.drive()
    await this.#untilStanding(engine, waitMs)
    return viewRun(engine)
  }

  async undo(reason: string): Promise<Undone> {
    const engine = await this.#engine()
    engine.commands.undo(reason)
    await this.#run?.driver.drive()
    await Promise.race([engine.atRest(), sleep(systemClock, UNDO_WAIT_MS)])
    return engine.undone
  }

  async childEnded(end: ChildEnd): Promise<void> {
    const engine = await this.#engine()
    await engine.commands.childEnded(end)
    await this.#run?.driver.drive()
  }

  async #untilStanding(engine: Engine, timeoutMs: number): Promise<void> {
    const isSettled = () => !engine.busy && (engine.state.ended !== undefined || isStanding(engine.state))
    if (timeoutMs > 0) await this.#subscribers.until(isSettled, timeoutMs)
  }

  /** Where the run stands; undefined when it does not, or has moved on while that was found out. */
  async #standing(): Promise<StopView | undefined> {
    const engine = await this.#engine()
    const { seq } = engine.state
    if (engine.busy || !isStanding(engine.state)) return undefined
    const stop = await this.#readings.stop()
    return engine.state.seq === seq ? stop : undefined
  }

  #open(workflow: Workflow): OpenRun {
    this.#run = openRun({
      workflow,
      env: this.env,
      deployment: this.deployment,
      store: this.#store,
      memory: this.ctx.storage.kv,
      jobs: this.lifecycle.jobs,
      sockets: this.#sockets,
      subscribers: this.#subscribers,
      hold: (work) => this.ctx.waitUntil(work),
      giveUp: this.#giveUp,
    })
    return this.#run
  }

  /** What is in memory can do nothing more: a new object takes the run up from its log. */
  readonly #giveUp = (thrown: unknown) => this.ctx.abort(`The run is taken up anew: ${String(thrown)}`)

  /** The run's engine, started. Throws `run_not_found` when nobody ever started a run in this object. */
  async #engine(): Promise<Engine> {
    await this.lifecycle.start()
    if (!this.#run) throw new WaybillError("run_not_found", `There is no run ${this.ctx.id.name ?? ""}.`)
    const { engine } = this.#run
    if (engine.fault) this.#giveUp(engine.fault.thrown)
    return engine
  }
}
