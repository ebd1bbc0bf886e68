/**
 * Fetches a medium from a URL that a caller named, so that nothing can be reached with it that the caller could not reach:
 * public https only, every redirect checked like the first address, with limits on hops, time and size.
 */
import type { Clock } from "../lib/clock.ts"
import { WaybillError } from "../lib/errors.ts"
import { MAX_BLOB_BYTES, MAX_MEDIA_REDIRECTS, MEDIA_TIMEOUT_MS } from "../lib/limits.ts"
import { refusedUrl } from "./public-url.ts"
import { readLimited } from "./read-limited.ts"

export interface FetchedMedium {
  readonly bytes: Uint8Array
  /** As the server says; empty when it says nothing. */
  readonly declaredType: string
}

/** Throws `media_invalid`, with `path`, for whatever goes wrong. */
export async function fetchMedium(
  url: string,
  path: string,
  { fetch, clock }: { readonly fetch: typeof globalThis.fetch; readonly clock: Clock },
): Promise<FetchedMedium> {
  const timeout = new AbortController()
  const cancelTimer = clock.setTimer(MEDIA_TIMEOUT_MS, () => timeout.abort())
  try {
    const answer = await follow(new URL(url), path, (to) => fetch(to, request(timeout.signal)))
    const declaredType = answer.headers.get("content-type") ?? ""
    return { bytes: await readMedium(answer, path), declaredType }
  } catch (thrown) {
    if (thrown instanceof WaybillError) throw thrown
    if (timeout.signal.aborted) throw invalid(path, `no complete answer within ${MEDIA_TIMEOUT_MS} ms`)
    throw invalid(path, `an address that does not answer${reason(thrown)}`)
  } finally {
    cancelTimer()
  }
}

function request(signal: AbortSignal): RequestInit {
  return { redirect: "manual", signal, headers: { accept: "image/*, application/pdf, audio/*" } }
}

async function follow(start: URL, path: string, get: (url: string) => Promise<Response>): Promise<Response> {
  let url = start
  for (let hop = 0; hop <= MAX_MEDIA_REDIRECTS; hop += 1) {
    const refused = refusedUrl(url)
    if (refused !== undefined) throw invalid(path, refused)
    const answer = await get(url.href)
    const location = answer.headers.get("location")
    if (answer.status < 300 || answer.status >= 400 || location === null) {
      if (answer.ok) return answer
      await answer.body?.cancel()
      throw invalid(path, `the status ${answer.status} from ${url.host}, expected 200`)
    }
    await answer.body?.cancel()
    if (!URL.canParse(location, url)) throw invalid(path, `a redirect to ${JSON.stringify(location)}, expected a URL`)
    url = new URL(location, url)
  }
  throw invalid(path, `more than ${MAX_MEDIA_REDIRECTS} redirects`)
}

async function readMedium(answer: Response, path: string): Promise<Uint8Array> {
  const bytes = await readLimited(answer.body, answer.headers, MAX_BLOB_BYTES)
  if (bytes) return bytes
  throw invalid(path, `more than ${MAX_BLOB_BYTES} bytes`)
}

/** The platform words some failures, such as a name that nobody knows, only as a number of its own log. */
function reason(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return message.startsWith("internal error") ? "" : ` (${message})`
}

function invalid(path: string, found: string): WaybillError {
  return new WaybillError("media_invalid", `${path}: found ${found}.`, { path })
}
