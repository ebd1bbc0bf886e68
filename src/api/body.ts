/** Bodies of requests, read within their limits: what is too large is refused before it is held in memory. */
import { WaybillError } from "../lib/errors.ts"
import { isTooDeep } from "../lib/json.ts"
import { MAX_BODY_BYTES } from "../lib/limits.ts"
import { readLimited } from "../objects/read-limited.ts"

/** The bytes of the body. Throws `body_too_large`. */
export async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  const length = Number(request.headers.get("content-length") ?? Number.NaN)
  // A length that is small enough needs no watching: what is sent beyond it is no part of the request.
  if (length <= maxBytes) return new Uint8Array(await request.arrayBuffer())
  const bytes = await readLimited(request.body, request.headers, maxBytes)
  if (bytes) return bytes
  throw new WaybillError("body_too_large", `Found a body of more than ${maxBytes} bytes.`, { maxBytes })
}

/** The JSON of the body; `{}` when there is no body. Throws `body_not_json`, `body_too_large`, `content_type_unsupported`, `request_invalid`. */
export async function readJson(request: Request, maxBytes = MAX_BODY_BYTES): Promise<unknown> {
  const bytes = await readBytes(request, maxBytes)
  if (bytes.length === 0) return {}
  const type = request.headers.get("content-type")
  if (type !== null && !/^application\/([\w.-]+\+)?json\b/i.test(type))
    throw new WaybillError("content_type_unsupported", `Found the content type ${type}, expected application/json.`)
  const value = parse(bytes)
  if (isTooDeep(value)) throw new WaybillError("request_invalid", "body: found JSON nested too deep.", { path: "body" })
  return value
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new WaybillError("body_not_json", `The body is not JSON: ${reason}.`)
  }
}
