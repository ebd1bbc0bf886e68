/**
 * A model in a worker thread, called like a function. Owns the thread's life: warm-up, one call at a time in order of
 * arrival, a bounded queue, a time limit per call, and a fresh thread after a crash.
 *
 * Invariants:
 * T1 every call settles: with the thread's reply, or with a wire error when the thread failed, died, was slow or closed;
 * T2 a thread that dies takes only the call it was working on with it; the waiting ones go to its successor;
 * T3 after `close()` no thread of ours runs.
 */
import { Worker } from "node:worker_threads"
import type { Clock } from "../lib/clock.ts"
import { parseWireProblem, wireError, wireErrorFrom } from "./wire-error.ts"

export interface ThreadOptions<Reply> {
  /** The module that the thread runs; it calls `serveThread`. */
  readonly module: string
  /** What the thread does, for error messages: "the text reader". */
  readonly name: string
  readonly parseReply: (value: unknown) => Reply
  readonly callTimeoutMs: number
  readonly maxQueued: number
  /** Measures `callTimeoutMs`. */
  readonly clock: Clock
}

interface Call<Reply> {
  readonly request: unknown
  readonly resolve: (reply: Reply) => void
  readonly reject: (error: unknown) => void
}

export class Thread<Request, Reply> {
  readonly #options: ThreadOptions<Reply>
  readonly #queue: Call<Reply>[] = []
  #worker: Worker
  #current: Call<Reply> | undefined
  #cancelTimer: () => void = () => undefined
  /** The thread has loaded its model. */
  #isWarm = false
  /** The thread may be given work: it is warm, and not being ended. */
  #isOpen = false
  #isClosed = false
  readonly #ready = Promise.withResolvers<void>()

  constructor(options: ThreadOptions<Reply>) {
    this.#options = options
    // Awaited by whoever starts the server; a failure there must not also be an unhandled rejection here.
    this.#ready.promise.catch(() => undefined)
    this.#worker = this.#spawn()
  }

  /** Settles once the model is loaded; rejects when the first thread dies before that. */
  get ready(): Promise<void> {
    return this.#ready.promise
  }

  call(request: Request): Promise<Reply> {
    const { name, maxQueued } = this.#options
    if (this.#isClosed) return Promise.reject(wireError(503, "server_closing", `${name} is shutting down.`))
    if (this.#queue.length >= maxQueued) {
      const message = `${name} already has ${maxQueued} requests waiting. Try again in a moment, or send fewer at once.`
      return Promise.reject(wireError(503, "overloaded", message))
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ request, resolve, reject })
      this.#next()
    })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancelTimer()
    const error = wireError(503, "server_closing", `${this.#options.name} is shutting down.`)
    this.#ready.reject(error)
    for (const call of [this.#current, ...this.#queue.splice(0)]) call?.reject(error)
    this.#current = undefined
    await this.#worker.terminate()
  }

  #spawn(): Worker {
    // A thread's own chatter must not reach our stderr: it is kept only to explain a crash.
    const worker = new Worker(this.#options.module, { stdout: true, stderr: true })
    let lastWords = ""
    worker.stderr.on("data", (chunk: Buffer) => {
      lastWords = (lastWords + chunk.toString()).slice(-2000)
    })
    worker.stdout.resume()
    worker.on("message", (message: unknown) => this.#receive(message))
    worker.on("error", (error: unknown) => {
      lastWords += error instanceof Error ? error.message : String(error)
    })
    worker.on("exit", () => this.#died(worker, lastWords))
    return worker
  }

  #next(): void {
    if (!this.#isOpen || this.#current) return
    const call = this.#queue.shift()
    if (!call) return
    this.#current = call
    const { name, callTimeoutMs, clock } = this.#options
    this.#cancelTimer = clock.setTimer(callTimeoutMs, () => {
      this.#isOpen = false
      this.#settle((slow) =>
        slow.reject(wireError(504, "model_timeout", `${name} gave no answer within ${callTimeoutMs} ms.`)),
      )
      void this.#worker.terminate()
    })
    this.#worker.postMessage(call.request)
  }

  #receive(message: unknown): void {
    if (typeof message !== "object" || message === null) return
    if ("ready" in message) {
      this.#isWarm = true
      this.#isOpen = true
      this.#ready.resolve()
    } else if ("problem" in message) {
      const error = wireErrorFrom(parseWireProblem(message.problem))
      this.#settle((call) => call.reject(error))
    } else if ("reply" in message) {
      const { reply } = message
      this.#settle((call) => {
        try {
          call.resolve(this.#options.parseReply(reply))
        } catch (error) {
          call.reject(error)
        }
      })
    }
    this.#next()
  }

  #settle(how: (call: Call<Reply>) => void): void {
    this.#cancelTimer()
    const call = this.#current
    this.#current = undefined
    if (call) how(call)
  }

  #died(worker: Worker, lastWords: string): void {
    if (worker !== this.#worker || this.#isClosed) return
    const { name } = this.#options
    const error = wireError(500, "model_crashed", `${name} crashed on this request. ${lastWords}`.trim())
    this.#settle((call) => call.reject(error))
    if (!this.#isWarm) {
      // It cannot even load: starting it again would only crash again.
      this.#isClosed = true
      this.#ready.reject(error)
      for (const call of this.#queue.splice(0)) call.reject(error)
      return
    }
    this.#isWarm = false
    this.#isOpen = false
    this.#worker = this.#spawn()
  }
}
