/**
 * The way to the outside: `fetch` and, in a Worker, the `AI` binding; and the tape that records what one attempt
 * sent and received on either. Invariant: the tape changes no byte and delays none; it sees what the package saw.
 */

/** What we use of Cloudflare's `AI` binding. */
export interface AiBinding {
  run(model: string, input: unknown, options?: Record<string, unknown>): Promise<unknown>
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>
}

export interface Transport {
  readonly fetch: typeof fetch
  readonly ai?: AiBinding
}

/** One request and its answer as they were on the wire. The body grows while the answer streams. */
export interface Exchange {
  readonly url: string
  readonly method: string
  readonly requestHeaders: Readonly<Record<string, string>>
  /** Absent until the answer's head came. */
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, string>>
  /** Body bytes so far, decoded as UTF-8 (binary streams: see `bytes`). */
  text(): string
  bytes(): Uint8Array
  /** `open`: still arriving. `ended`: the peer closed it in order. `broken`: the connection failed. `dropped`: we stopped reading. */
  readonly body: "none" | "open" | "ended" | "broken" | "dropped"
  /** What `fetch` or the body's stream threw. */
  readonly error?: unknown
}

export interface Tape {
  readonly transport: Transport
  /** In the order in which they were sent. */
  readonly exchanges: readonly Exchange[]
  /** The last exchange: the one that answered, or failed. */
  last(): Exchange | undefined
}
