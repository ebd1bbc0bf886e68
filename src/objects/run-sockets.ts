/**
 * The sockets of one run: frames in, frames out. What a connection is subscribed to is kept in the connection itself, which
 * survives hibernation, so an idle socket costs nothing and a woken one goes on where it was.
 */
import type { WebSocketHandlers, WebSocketMessage } from "agents/websockets"
import { errorData, WaybillError } from "../lib/errors.ts"
import type { Command } from "../protocol/command.ts"
import type { RunView } from "../protocol/run-view.ts"
import {
  ackFrame,
  type ClientFrame,
  deltaFrame,
  eventFrame,
  frameCommand,
  problemFrame,
  readFrame,
  stateFrame,
  stopFrame,
} from "../protocol/socket.ts"
import type { StopView } from "../protocol/stop-view.ts"
import type { RunEvent } from "../run/event.ts"
import { Drafts, type Piece } from "./drafts.ts"

/** The part of a connection that is used. */
interface Connection {
  readonly state: unknown
  setState(state: Subscription): unknown
  send(text: string): void
}

interface Subscription {
  readonly subscribed: boolean
  /** On whose behalf the socket was opened, as the door found out. */
  readonly tenantId: string
}

type StartFrame = Extract<ClientFrame, { type: "start" }>

/** What the sockets need of their run. */
export interface SocketRun {
  /** Those that are open now. */
  connections(): Iterable<Connection>
  view(): Promise<RunView>
  read(after: number): Iterable<RunEvent>
  command(command: Command): Promise<RunView>
  /** Where the run stands; undefined when it stands nowhere and goes on by itself. */
  stop(): Promise<StopView | undefined>
  startFrom(frame: StartFrame, tenantId: string): Promise<RunView>
}

/** The header in which the door says whose socket it is; never taken from a client. */
export const TENANT_HEADER = "x-waybill-tenant"

export class RunSockets {
  readonly #run: SocketRun
  readonly #drafts = new Drafts()
  /** Somebody followed the run since its object came to memory: whoever lost the connection comes back. */
  #followed = false
  #starting = false
  /** The newest event at the stop that was told last. */
  #stopSeq = 0
  readonly handlers: WebSocketHandlers

  constructor(run: SocketRun) {
    this.#run = run
    this.handlers = {
      onConnect: async (connection, { request }) => {
        connection.setState({ subscribed: false, tenantId: request.headers.get(TENANT_HEADER) ?? "" })
        const after = new URL(request.url).searchParams.get("after")
        if (after !== null)
          await this.#answering(connection, undefined, () => this.#subscribe(connection, Number(after)))
      },
      onMessage: (connection, message) => this.#onMessage(connection, message),
    }
  }

  /** Sends new events to every connection that subscribed. */
  publish(events: readonly RunEvent[]): void {
    this.#drafts.settle(events)
    // Written when the first subscriber wants them: most runs have none.
    let frames: readonly string[] | undefined
    for (const connection of this.#subscribed()) {
      frames ??= events.map(eventFrame)
      for (const frame of frames) connection.send(frame)
    }
  }

  /** Whether answers are to be streamed: somebody follows the run, or did. */
  isFollowed(): boolean {
    if (this.#followed) return true
    this.#followed = !this.#subscribed().next().done
    return this.#followed
  }

  /** Nothing moves by itself any more: whoever is subscribed is told where the run stands, when that is news. */
  async atRest(): Promise<void> {
    const subscribed = [...this.#subscribed()]
    const stop = subscribed.length > 0 ? await this.#run.stop() : undefined
    if (!stop || stop.seq === this.#stopSeq) return
    this.#stopSeq = stop.seq
    for (const connection of subscribed) connection.send(stopFrame(stop))
  }

  /** Sends a piece of an answer that is still streaming in. */
  delta(piece: Piece): void {
    this.#drafts.add(piece)
    let frame: string | undefined
    for (const connection of this.#subscribed()) {
      frame ??= deltaFrame(piece)
      connection.send(frame)
    }
  }

  *#subscribed(): Generator<Connection, void> {
    for (const connection of this.#run.connections()) if (subscriptionOf(connection).subscribed) yield connection
  }

  async #onMessage(connection: Connection, message: WebSocketMessage): Promise<void> {
    const { frame, answer } = readFrame(message)
    if (answer !== undefined) connection.send(answer)
    if (frame) await this.#answering(connection, frame.id, () => this.#obey(connection, frame))
  }

  async #obey(connection: Connection, frame: ClientFrame): Promise<void> {
    if (frame.type === "subscribe") {
      await this.#subscribe(connection, frame.after ?? 0)
      connection.send(ackFrame(frame.id))
      return
    }
    const starting = frame.type === "start"
    const run = starting
      ? await this.#start(frame, subscriptionOf(connection).tenantId)
      : await this.#run.command(frameCommand(frame))
    connection.send(ackFrame(frame.id, run))
    if (starting) await this.#subscribe(connection, 0)
  }

  /** Starts the run; another start would be answered with a run that it did not ask for. Throws `run_exists`. */
  async #start(frame: StartFrame, tenantId: string): Promise<RunView> {
    // Before the first wait: frames that come together are obeyed side by side.
    if (this.#starting) throw runExists()
    this.#starting = true
    try {
      if (await this.#exists()) throw runExists()
      return await this.#run.startFrom(frame, tenantId)
    } finally {
      this.#starting = false
    }
  }

  async #exists(): Promise<boolean> {
    try {
      await this.#run.view()
      return true
    } catch (thrown) {
      if (errorData(thrown).code === "run_not_found") return false
      throw thrown
    }
  }

  /** Sends how the run stands, what was missed, what is being written, and from then on all that comes. Synchronous after the view, so that nothing falls between. */
  async #subscribe(connection: Connection, after: number): Promise<void> {
    connection.send(stateFrame(await this.#run.view()))
    for (const event of this.#run.read(after)) connection.send(eventFrame(event))
    for (const piece of this.#drafts.pieces()) connection.send(deltaFrame(piece))
    connection.setState({ ...subscriptionOf(connection), subscribed: true })
    this.#followed = true
    const stop = await this.#run.stop()
    if (stop) connection.send(stopFrame(stop))
  }

  /** An error is the answer to its frame; the socket stays open. */
  async #answering(connection: Connection, ref: ClientFrame["id"], work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (thrown) {
      connection.send(problemFrame(errorData(thrown), ref))
    }
  }
}

function runExists(): WaybillError {
  return new WaybillError("run_exists", "Found a second start, expected one for each run.")
}

function subscriptionOf(connection: Connection): Subscription {
  const state = connection.state as Partial<Subscription> | null | undefined
  return { subscribed: state?.subscribed ?? false, tenantId: state?.tenantId ?? "" }
}
