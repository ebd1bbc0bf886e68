/** Reads a body of unknown length without ever holding more of it than allowed. */

/**
 * Of a body that says beforehand that it is too large, so much is read and dropped: whoever is answered in the middle of
 * sending sees a broken connection instead of the answer.
 */
const MAX_DROPPED_BYTES = 64 * 1024 * 1024

/** The whole of `body`, or undefined as soon as it is known to be over `maxBytes`. */
export async function readLimited(
  body: ReadableStream<Uint8Array> | null,
  headers: Headers,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  if (!body) return new Uint8Array()
  const length = Number(headers.get("content-length") ?? 0)
  if (length > maxBytes) {
    await (length > MAX_DROPPED_BYTES ? body.cancel() : body.pipeTo(new WritableStream()).catch(() => {}))
    return undefined
  }
  const chunks: Uint8Array[] = []
  let size = 0
  const reader = body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    size += value.length
    if (size > maxBytes) {
      await reader.cancel()
      return undefined
    }
    chunks.push(value)
  }
  return join(chunks, size)
}

function join(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    whole.set(chunk, offset)
    offset += chunk.length
  }
  return whole
}
