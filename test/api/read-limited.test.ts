/** Bodies that are too large: dropped when the sender says how much will come, cut off when it does not. */
import { describe, expect, it } from "vitest"
import { readLimited } from "../../src/objects/read-limited.ts"

const CHUNK = 1024 * 1024

/** A body of `chunks` megabytes that counts what was taken of it and knows whether it was cut off. */
function body(chunks: number) {
  const seen = { sent: 0, cancelled: false }
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (seen.sent === chunks) return controller.close()
      seen.sent += 1
      controller.enqueue(new Uint8Array(CHUNK))
    },
    cancel() {
      seen.cancelled = true
    },
  })
  return { stream, seen }
}

const saying = (length: number) => new Headers({ "content-length": String(length) })

describe("a body over the limit", () => {
  it("[API19] that says its length is let in and dropped, so that its sender lives to read the answer", async () => {
    const { stream, seen } = body(10)
    expect(await readLimited(stream, saying(10 * CHUNK), CHUNK)).toBeUndefined()
    expect(seen).toEqual({ sent: 10, cancelled: false })
  })

  it.each([
    ["says that it is huge", saying(1_000 * CHUNK)],
    ["does not say its length", new Headers()],
  ])("[API19] that %s is cut off", async (_what, headers) => {
    const { stream, seen } = body(1_000)
    expect(await readLimited(stream, headers, CHUNK)).toBeUndefined()
    expect(seen.cancelled).toBe(true)
    expect(seen.sent).toBeLessThan(5)
  })

  it("within the limit is read whole", async () => {
    expect(await readLimited(body(2).stream, saying(2 * CHUNK), 2 * CHUNK)).toHaveLength(2 * CHUNK)
  })
})
