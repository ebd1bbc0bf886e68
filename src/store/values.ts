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
import { canonicalJson, checkJson, isJsonArray, isJsonObject, type Json, toJson } from "../lib/json.ts"
import { INLINE_VALUE_BYTES } from "../lib/limits.ts"
import type { Stored } from "../run/event.ts"
import type { BlobStore } from "./blob-store.ts"
import { bytesOf, isSliceRef, isValueRef, mentionsRefs, shrink, VALUE_MEDIA_TYPE } from "./shrink.ts"

const PARTS_AT_ONCE = 6

/** Whether `value` goes into the log as it is, without touching the blob store. Throws `not_json`. */
export function fitsInline(value: Json): boolean {
  return isInlineText(canonicalJson(value))
}

/**
 * `value` as the log may hold it; its large parts are in `blobs` when this resolves.
 * Throws `not_json`, and `limit_exceeded` when one part is over `MAX_BLOB_BYTES`, or all of it over `MAX_VALUE_BYTES`.
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

/**
 * As `externalize`, for what is made of values that are in the log: it is as large as all of them together, and neither its
 * text nor a copy of it is made. Nobody may change it meanwhile.
 */
export async function externalizeMade(value: unknown, path: string, blobs: BlobStore): Promise<Stored> {
  checkJson(value, path)
  return bytesOf(value) > INLINE_VALUE_BYTES ? externalizeParts(value, blobs) : externalize(toJson(value), blobs)
}

async function externalizeParts(value: Json, blobs: BlobStore): Promise<Stored> {
  const { stored, parts } = shrink(value)
  const once = new Map(parts.map((part) => [part.reference.$blob, part]))
  await forEach(once.values(), async ({ reference, text }) => {
    const { $blob } = await blobs.put(new TextEncoder().encode(text()), reference.mediaType)
    if ($blob !== reference.$blob) throw new Error("Broken invariant: a value was changed while it was stored")
  })
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

/** Bytes of canonical JSON of the whole value, or a little more. */
export function wholeBytes(stored: Stored): number {
  const references = new Map<string, BlobRef>()
  collect(stored, references)
  let bytes = bytesOf(stored)
  for (const reference of references.values()) bytes += reference.bytes
  return bytes
}

/** The value that was externalized. Throws `blob_missing` or `blob_corrupt` when a part cannot be had. */
export async function internalize(stored: Stored, blobs: Pick<BlobStore, "get">): Promise<Json> {
  const references = new Map<string, BlobRef>()
  collect(stored, references)
  if (references.size === 0) return stored
  const parts = new Map<string, Json>()
  await forEach(references.values(), async (reference) => {
    parts.set(reference.$blob, JSON.parse(new TextDecoder().decode(await blobs.get(reference))))
  })
  return restore(stored, parts)
}

/** Does `work` for each item, some at a time: each holds a text in memory, and the platform has few connections. */
async function forEach<Item>(items: Iterable<Item>, work: (item: Item) => Promise<void>): Promise<void> {
  const rest = items[Symbol.iterator]()
  const lane = async () => {
    for (let next = rest.next(); !next.done; next = rest.next()) await work(next.value)
  }
  await Promise.all(Array.from({ length: PARTS_AT_ONCE }, lane))
}

/** Text that mentions our media types is looked at closely before it may go in. */
function isInlineText(text: string): boolean {
  return byteLength(text) <= INLINE_VALUE_BYTES && !mentionsRefs(text)
}

function putText(text: string, blobs: BlobStore): Promise<BlobRef> {
  return blobs.put(new TextEncoder().encode(text), VALUE_MEDIA_TYPE)
}

function collect(stored: Json, references: Map<string, BlobRef>): void {
  if (isValueRef(stored)) references.set(stored.$blob, stored)
  else if (typeof stored === "object" && stored !== null)
    for (const member of Object.values(stored)) collect(member, references)
}

function slice({ $blob }: BlobRef, parts: ReadonlyMap<string, Json>): readonly Json[] {
  const members = must(parts.get($blob), `the part ${$blob} was not loaded`)
  return isJsonArray(members) ? members : [members]
}

function restore(stored: Json, parts: ReadonlyMap<string, Json>): Json {
  if (isValueRef(stored)) return must(parts.get(stored.$blob), `the part ${stored.$blob} was not loaded`)
  if (isJsonArray(stored))
    return stored.flatMap((item) => (isSliceRef(item) ? slice(item, parts) : [restore(item, parts)]))
  if (!isJsonObject(stored)) return stored
  return Object.fromEntries(Object.entries(stored).map(([key, member]) => [key, restore(member, parts)]))
}
