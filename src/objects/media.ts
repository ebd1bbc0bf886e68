/**
 * Media on their way in: bytes that are uploaded, and the media fields of a run's input, whose `data:` and https URLs become
 * blob references before the run is created.
 *
 * Invariant: a reference that leaves here names content that is in the blob store and is the medium that it says.
 */
import { Buffer } from "node:buffer"
import { isMediaUrl } from "../graph/media.ts"
import { type BlobRef, isBlobRef } from "../lib/blob-ref.ts"
import { type Clock, systemClock } from "../lib/clock.ts"
import { WaybillError } from "../lib/errors.ts"
import { isJsonArray, isJsonObject, type Json, type JsonObject } from "../lib/json.ts"
import { MAX_BLOB_BYTES, MAX_MEDIA_PER_INPUT } from "../lib/limits.ts"
import type { BlobStore } from "../store/blob-store.ts"
import { fetchMedium } from "./fetch-media.ts"
import { mediaFields } from "./media-fields.ts"
import { isMediaType, mayDeclare, sniffMediaType } from "./media-type.ts"

export interface MediaHost {
  readonly fetch: typeof fetch
  readonly blobs: BlobStore
  readonly clock?: Clock
}

/**
 * `input` with every medium stored and replaced by its reference. `schema` is the JSON Schema of the input.
 * Throws `media_invalid` with the path of the first medium that is none; what was stored before it stays, unseen.
 */
export async function ingestMedia(input: Json, schema: JsonObject, host: MediaHost): Promise<Json> {
  const fields = mediaFields(input, schema, "input")
  if (fields.length > MAX_MEDIA_PER_INPUT)
    throw new WaybillError(
      "limit_exceeded",
      `input: found ${fields.length} media, expected at most ${MAX_MEDIA_PER_INPUT}.`,
      { limit: "MAX_MEDIA_PER_INPUT" },
    )
  const stored = new Map<string, BlobRef>()
  // One after the other: each may be 25 MB, and an isolate has 128.
  for (const { at, path, value } of fields) {
    const reference = await ingestField(value, path, host)
    if (reference) stored.set(JSON.stringify(at), reference)
  }
  return stored.size === 0 ? input : replaced(input, [], stored)
}

/** Stores one medium. Throws `media_invalid` when `bytes` are none, or not of the kind that `declaredType` says. */
export async function storeMedium(
  bytes: Uint8Array,
  declaredType: string,
  path: string,
  blobs: BlobStore,
): Promise<BlobRef> {
  const found = sniffMediaType(bytes)
  if (found === undefined) throw invalid(path, `${bytes.length} bytes that are no image, PDF or sound that we know`)
  if (!mayDeclare(declaredType, found)) throw invalid(path, `${found}, expected ${declaredType} as it was declared`)
  return blobs.put(bytes, found)
}

/** The reference to the medium that `value` is or names by a `data:` or https URL, stored; undefined when it is none. Throws `media_invalid`. */
export async function ingestField(value: Json, path: string, host: MediaHost): Promise<BlobRef | undefined> {
  if (isBlobRef(value)) {
    return storedMedium(value, path, host.blobs)
  }
  if (!isMediaUrl(value)) return undefined
  const { bytes, declaredType } = value.startsWith("data:")
    ? readDataUrl(value, path)
    : await fetchMedium(value, path, { fetch: host.fetch, clock: host.clock ?? systemClock })
  return storeMedium(bytes, declaredType, path, host.blobs)
}

/** What the caller says of the content must be so: steps and models go by it. */
async function storedMedium(reference: BlobRef, path: string, blobs: BlobStore): Promise<BlobRef> {
  const stored = await blobs.find(reference.$blob)
  if (!stored) throw invalid(path, `the reference ${reference.$blob}, whose content was never uploaded`)
  const { bytes, mediaType } = stored
  if (!isMediaType(mediaType)) throw invalid(path, `a reference to ${mediaType}, expected one to a medium`)
  if (bytes === reference.bytes && mediaType === reference.mediaType) return stored
  const said = `${reference.bytes} bytes of ${reference.mediaType}`
  throw invalid(path, `a reference to ${said}, expected ${bytes} bytes of ${mediaType} as it was uploaded`)
}

function readDataUrl(url: string, path: string): { readonly bytes: Uint8Array; readonly declaredType: string } {
  const comma = url.indexOf(",")
  if (comma < 0) throw invalid(path, "a data: URL without a comma")
  const declaration = url.slice("data:".length, comma)
  const text = url.slice(comma + 1)
  if (!/;\s*base64$/i.test(declaration)) throw invalid(path, "a data: URL without ;base64, expected base64")
  if (text.length > Math.ceil(MAX_BLOB_BYTES / 3) * 4) throw invalid(path, `more than ${MAX_BLOB_BYTES} bytes`)
  const compact = text.includes("%") ? decodePercent(text, path) : text
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(compact)) throw invalid(path, "a data: URL whose content is not base64")
  return { bytes: new Uint8Array(Buffer.from(compact, "base64")), declaredType: declaration.replace(/;.*$/s, "") }
}

function decodePercent(text: string, path: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw invalid(path, "a data: URL whose content is not base64")
  }
}

/** `value`, which stands at `at`, with the media of `stored` in it. */
function replaced(value: Json, at: readonly (string | number)[], stored: ReadonlyMap<string, BlobRef>): Json {
  const reference = stored.get(JSON.stringify(at))
  if (reference) return reference
  if (isJsonArray(value)) return value.map((item, index) => replaced(item, [...at, index], stored))
  if (!isJsonObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaced(item, [...at, key], stored)]))
}

function invalid(path: string, found: string): WaybillError {
  return new WaybillError("media_invalid", `${path}: found ${found}.`, { path })
}
