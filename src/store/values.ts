/**
 * Large values: how a value of any size becomes a little text in the log, and comes back exactly.
 *
 * A value over `INLINE_VALUE_BYTES` loses its largest parts to the blob store, as deep down as they are, so that what is
 * carried along unchanged is stored once however often its surroundings change.
 *
 * Invariants:
 * 1. `internalize(externalize(value))` is `value`, whatever it holds: also a thing that looks like one of our references.
 * 2. What is stored is never over the limit, and the same value is always stored as the same text.
 * 3. A blob holds a part as it was, with no reference of ours inside: one look-up brings it back.
 * 4. References to media are data: they pass through in both directions.
 */

import { must } from "../lib/assert.ts"
import type { BlobRef } from "../lib/blob-ref.ts"
import { byteLength } from "../lib/bytes.ts"
import { canonicalJson, isJsonArray, isJsonObject, type Json } from "../lib/json.ts"
import { INLINE_VALUE_BYTES } from "../lib/limits.ts"
import type { Stored } from "../run/event.ts"
import type { BlobStore } from "./blob-store.ts"
import { isValueRef, shrink, VALUE_MEDIA_TYPE } from "./shrink.ts"

/** Whether `value` goes into the log as it is, without touching the blob store. Throws `not_json`. */
export function fitsInline(value: Json): boolean {
  return isInlineText(canonicalJson(value))
}

/**
 * `value` as the log may hold it; its large parts are in `blobs` when this resolves.
 * Throws `not_json`, and `limit_exceeded` when one part is over `MAX_BLOB_BYTES`.
 */
export async function externalize(value: Json, blobs: BlobStore): Promise<Stored> {
  return fitsInline(value) ? value : externalizeParts(value, blobs)
}

/** What somebody's code gave, as plain JSON that nobody else holds, and as the log may hold it. Throws as `externalize` does. */
export async function detach(
  value: unknown,
  path: string,
  blobs: BlobStore,
): Promise<{ readonly json: Json; readonly stored: Stored }> {
  // One text serves for the copy and for its size: this is done for every input and output.
  const text = canonicalJson(value ?? null, path)
  const json: Json = JSON.parse(text)
  return { json, stored: isInlineText(text) ? json : await externalizeParts(json, blobs) }
}

async function externalizeParts(value: Json, blobs: BlobStore): Promise<Stored> {
  const { stored, parts } = shrink(value)
  await Promise.all([...new Set(parts)].map((text) => putText(text, blobs)))
  return stored
}

/** As `externalize`, for a value whose readers expect its type: `value` itself, or one reference to all of it. */
export async function externalizeWhole<Value extends object>(value: Value, blobs: BlobStore): Promise<Value | BlobRef> {
  const text = canonicalJson(value)
  return isInlineText(text) ? value : putText(text, blobs)
}

/** Whether parts of `stored` are in the blob store, so that only `internalize` gives the value. */
export function hasStoredParts(stored: Stored): boolean {
  if (typeof stored !== "object" || stored === null) return false
  return isValueRef(stored) || Object.values(stored).some(hasStoredParts)
}

/** The value that was externalized. Throws `blob_missing` or `blob_corrupt` when a part cannot be had. */
export async function internalize(stored: Stored, blobs: Pick<BlobStore, "get">): Promise<Json> {
  const references = new Map<string, BlobRef>()
  collect(stored, references)
  if (references.size === 0) return stored
  const parts = new Map<string, Json>()
  const load = async (reference: BlobRef): Promise<void> => {
    parts.set(reference.$blob, JSON.parse(new TextDecoder().decode(await blobs.get(reference))))
  }
  await Promise.all([...references.values()].map(load))
  return restore(stored, parts)
}

/** Text that mentions our media type is looked at closely before it may go in. */
function isInlineText(text: string): boolean {
  return byteLength(text) <= INLINE_VALUE_BYTES && !text.includes(VALUE_MEDIA_TYPE)
}

function putText(text: string, blobs: BlobStore): Promise<BlobRef> {
  return blobs.put(new TextEncoder().encode(text), VALUE_MEDIA_TYPE)
}

function collect(stored: Json, references: Map<string, BlobRef>): void {
  if (isValueRef(stored)) references.set(stored.$blob, stored)
  else if (typeof stored === "object" && stored !== null)
    for (const member of Object.values(stored)) collect(member, references)
}

function restore(stored: Json, parts: ReadonlyMap<string, Json>): Json {
  if (isValueRef(stored)) return must(parts.get(stored.$blob), `the part ${stored.$blob} was not loaded`)
  if (isJsonArray(stored)) return stored.map((item) => restore(item, parts))
  if (!isJsonObject(stored)) return stored
  return Object.fromEntries(Object.entries(stored).map(([key, member]) => [key, restore(member, parts)]))
}
