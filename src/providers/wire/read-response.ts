/**
 * A response that was read to its end: whoever reads it again reads memory. A `Response` made anew around its bytes would
 * take them through the runtime's streams a second time, which costs more than the way from the network did.
 *
 * Invariant: it behaves as the response that it stands for. What is asked for in another way than packages do (a clone, a
 * pipe) is answered by a real one.
 */

/** A response whose bytes are in memory. */
export class ReadResponse extends Response {
  readonly #head: Response
  readonly #bytes: Uint8Array<ArrayBuffer>
  readonly #body: ReadBody

  /** `head` after `bytes` were read from it. */
  constructor(head: Response, bytes: Uint8Array<ArrayBuffer>) {
    super(null)
    this.#head = head
    this.#bytes = bytes
    this.#body = new ReadBody(bytes)
  }

  override get status() {
    return this.#head.status
  }
  override get statusText() {
    return this.#head.statusText
  }
  override get ok() {
    return this.#head.ok
  }
  override get url() {
    return this.#head.url
  }
  override get redirected() {
    return this.#head.redirected
  }
  override get headers() {
    return this.#head.headers
  }
  override get body() {
    // It has every member of a stream that a reader of whole answers uses; see `ReadBody`.
    return this.#body as unknown as ReadableStream<Uint8Array>
  }
  override get bodyUsed() {
    return this.#body.used
  }

  override async text() {
    return new TextDecoder().decode(this.#body.take())
  }
  override async json<Value>() {
    return JSON.parse(await this.text()) as Value
  }
  override async arrayBuffer() {
    return (await this.bytes()).buffer
  }
  override async bytes() {
    return this.#body.take().slice()
  }
  override blob() {
    return this.clone().blob()
  }
  override formData() {
    return this.clone().formData()
  }
  override clone() {
    const { status, statusText, headers } = this.#head
    return new Response(this.#bytes, { status, statusText, headers })
  }
}

/** A stream of one chunk that is there already. */
class ReadBody {
  readonly #bytes: Uint8Array<ArrayBuffer>
  used = false

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes
  }

  /** The bytes, once. Throws as a body does that was read before. */
  take(): Uint8Array<ArrayBuffer> {
    if (this.used) throw new TypeError("The body was read before.")
    this.used = true
    return this.#bytes
  }

  getReader() {
    let left = [this.take()].filter(({ length }) => length > 0)
    return {
      read: async () => {
        const value = left.shift()
        return value ? { done: false, value } : { done: true, value: undefined }
      },
      cancel: async () => {
        left = []
      },
      releaseLock: () => {},
    }
  }

  cancel(): Promise<void> {
    return this.#stream().cancel()
  }
  pipeThrough<Out>(transform: ReadableWritablePair<Out, Uint8Array>): ReadableStream<Out> {
    return this.#stream().pipeThrough(transform)
  }
  pipeTo(destination: WritableStream<Uint8Array>): Promise<void> {
    return this.#stream().pipeTo(destination)
  }
  tee() {
    return this.#stream().tee()
  }
  [Symbol.asyncIterator]() {
    return this.#stream()[Symbol.asyncIterator]()
  }

  #stream(): ReadableStream<Uint8Array> {
    return new Response(this.take()).body as ReadableStream<Uint8Array>
  }
}
