/**
 * Server-sent events: the text of an HTTP answer taken apart into messages, as the HTML standard says. A message that
 * the end of the stream cuts off is dropped; whoever reads on asks for it again with `Last-Event-ID`.
 */

export interface StreamMessage {
  /** The newest `id` seen so far; empty when there was none. */
  readonly id: string
  /** `message` when the server names no type. */
  readonly type: string
  readonly data: string
}

export async function* streamMessages(body: AsyncIterable<Uint8Array>): AsyncGenerator<StreamMessage> {
  let id = ""
  let type = ""
  let data: string[] = []
  for await (const line of textLines(body)) {
    if (line === "") {
      if (data.length > 0) yield { id, type: type || "message", data: data.join("\n") }
      type = ""
      data = []
      continue
    }
    // A line that begins with a colon has an empty field name: it is a comment that keeps the connection open.
    const [, field = "", value = ""] = line.match(/^([^:]*)(?:: ?(.*))?$/s) ?? []
    if (field === "data") data.push(value)
    if (field === "event") type = value
    if (field === "id") id = value
  }
}

async function* textLines(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ""
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true })
    // A carriage return at the very end may be half of a line end; its other half comes with the next chunk.
    const lines = rest.split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop() ?? ""
    yield* lines
  }
}
