/**
 * A chat completion as a stream of server-sent events. Nothing is sent before the first piece of the answer is there: until
 * then the gateway may turn to another candidate, and a failure has its own status. A structured answer is held to its
 * schema first, so it comes in one piece.
 */
import { systemClock } from "../../lib/clock.ts"
import { errorData } from "../../lib/errors.ts"
import type { Delta } from "../../model/client.ts"
import type { GenerateOperation } from "../../model/operation.ts"
import { type Envelope, firstChunk, lastChunks, textChunk, usageChunk } from "./chat-answer.ts"
import { failed, failedEvent, faultEvent } from "./error.ts"
import { type DoorCall, type Served, serve } from "./serve.ts"

export interface StreamRequest {
  readonly operation: GenerateOperation
  readonly call: DoorCall
  readonly includeUsage: boolean
  readonly headers: Readonly<Record<string, string>>
}

export async function streamChat({ operation, call, includeUsage, headers }: StreamRequest): Promise<Response> {
  const { id, door } = call
  const gone = new AbortController()
  door.request.signal.addEventListener("abort", () => gone.abort(door.request.signal.reason))
  const envelope = { id, created: Math.floor(systemClock.nowMs() / 1_000), model: door.asked }
  const outlet = new Outlet(envelope, () => gone.abort(new DOMException("The caller went away.", "AbortError")))
  const begun = Promise.withResolvers<"begun">()
  const work = serve(operation, call, {
    signal: gone.signal,
    commitOnDelta: true,
    ...(operation.output
      ? {}
      : {
          onDelta: (delta) => {
            begun.resolve("begun")
            outlet.take(delta)
          },
        }),
  })
  const first = await Promise.race([begun.promise, work])
  if (first !== "begun" && first.status === "failed") return failed(first.error, first.failure, first.headers)
  void finish(work, outlet, includeUsage)
  const known = first === "begun" ? { "x-waybill-operation": id } : first.headers
  return new Response(outlet.body, {
    headers: {
      ...headers,
      ...known,
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache",
    },
  })
}

async function finish(work: Promise<Served<"generate">>, outlet: Outlet, includeUsage: boolean): Promise<void> {
  try {
    outlet.end(await work, includeUsage)
  } catch (thrown) {
    outlet.fail(faultEvent(errorData(thrown)))
  }
}

/** A hedged attempt began to answer and another one won. */
const OVERTAKEN = faultEvent({
  code: "operation_failed",
  message: "The answer that had begun was overtaken by another.",
})

/** The events of one answer on their way to the caller. */
class Outlet {
  readonly body: ReadableStream<Uint8Array>
  readonly #envelope: Envelope
  readonly #encoder = new TextEncoder()
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined
  #begun = false
  /** Text that was sent. */
  #sent = ""
  /** Another attempt answers than the one whose text was sent. */
  #isOvertaken = false

  constructor(envelope: Envelope, onGone: () => void) {
    this.#envelope = envelope
    this.body = new ReadableStream({
      start: (controller) => {
        this.#controller = controller
      },
      cancel: () => {
        this.#controller = undefined
        onGone()
      },
    })
  }

  take(delta: Delta): void {
    // What was sent cannot be unsaid: whether the rest goes with it is seen at the end.
    if (delta.type === "reset") this.#isOvertaken = this.#sent !== ""
    else if (!this.#isOvertaken) this.#text(delta.text)
  }

  end(served: Served<"generate">, includeUsage: boolean): void {
    if (served.status === "failed") return this.fail(failedEvent(served.error, served.failure))
    const { result, record, waybill } = served
    if (!result.text.startsWith(this.#sent)) return this.fail(OVERTAKEN)
    if (result.text !== this.#sent) this.#text(result.text.slice(this.#sent.length))
    this.#begin()
    const envelope = { ...this.#envelope, model: waybill.model ?? this.#envelope.model }
    for (const chunk of lastChunks(envelope, result, waybill)) this.#event(chunk)
    if (includeUsage) this.#event(usageChunk(envelope, record))
    this.#write("data: [DONE]\n\n")
    this.#close()
  }

  fail(event: object): void {
    this.#event(event)
    this.#close()
  }

  #text(content: string): void {
    this.#begin()
    this.#sent += content
    this.#event(textChunk(this.#envelope, content))
  }

  #begin(): void {
    if (this.#begun) return
    this.#begun = true
    this.#event(firstChunk(this.#envelope))
  }

  #event(value: object): void {
    this.#write(`data: ${JSON.stringify(value)}\n\n`)
  }

  #write(text: string): void {
    this.#controller?.enqueue(this.#encoder.encode(text))
  }

  #close(): void {
    this.#controller?.close()
    this.#controller = undefined
  }
}
