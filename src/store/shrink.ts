/**
 * Which parts of a large value leave it. Pure: it decides and makes the references; `values.ts` stores and loads.
 * Its time grows with the size of the value and not with its depth.
 */
import { type BlobRef, isBlobRef } from "../lib/blob-ref.ts"
import { byteLength } from "../lib/bytes.ts"
import { sha256 } from "../lib/digest.ts"
import { WaybillError } from "../lib/errors.ts"
import { canonicalJson, isJsonArray, type Json } from "../lib/json.ts"
import { INLINE_VALUE_BYTES, MAX_BLOB_BYTES, MAX_VALUE_BYTES } from "../lib/limits.ts"

/** Marks a reference that stands for a part of a value; every other one is a medium, and data. */
export const VALUE_MEDIA_TYPE = "application/vnd.waybill.value+json"

/** Marks one in a list that stands for several members in a row. */
const SLICE_MEDIA_TYPE = "application/vnd.waybill.values+json"

/** Smaller parts are not worth a blob of their own. */
const MIN_PART_BYTES = 4 * 1024

/** A container that would fall into more parts leaves as one: each costs a request to write and one to read. */
const MAX_PARTS = 64

/** A larger list that cannot lose its members one by one is cut, so that one that grows is stored once but for its end. */
const SLICE_BYTES = 4 * 1024 * 1024

/** A part that left a value. */
export interface Part {
  readonly reference: BlobRef
  /** Its canonical JSON; of a slice made anew each time, so that not all slices are in memory at once. */
  text(): string
}

/** What is left of a value: `bytes` of canonical JSON, and the parts that left it. */
export interface Shrunk {
  readonly stored: Json
  readonly bytes: number
  readonly parts: readonly Part[]
}

/** Whether `value` is a reference that stands for a part of a value, or for several in a row. */
export function isValueRef(value: unknown): value is BlobRef {
  return isBlobRef(value) && (value.mediaType === VALUE_MEDIA_TYPE || value.mediaType === SLICE_MEDIA_TYPE)
}

/** Whether `value` is a reference that stands for several members of the list that it is in. */
export function isSliceRef(value: unknown): value is BlobRef {
  return isBlobRef(value) && value.mediaType === SLICE_MEDIA_TYPE
}

/** Whether text of canonical JSON mentions what marks our references, wherever. */
export function mentionsRefs(text: string): boolean {
  return text.includes(VALUE_MEDIA_TYPE) || text.includes(SLICE_MEDIA_TYPE)
}

/** `value`, plain JSON, brought within `INLINE_VALUE_BYTES`. Throws `limit_exceeded` over `MAX_VALUE_BYTES`. */
export function shrink(value: Json): Shrunk {
  const survey: Survey = { bytes: new Map(), forged: new Set() }
  const bytes = measure(value, survey)
  if (bytes > MAX_VALUE_BYTES) {
    const message = `Found a value of ${bytes} bytes, expected at most ${MAX_VALUE_BYTES}.`
    throw new WaybillError("limit_exceeded", message, { limit: "MAX_VALUE_BYTES" })
  }
  return shrinkPart(value, survey)
}

/** Bytes of canonical JSON of `value`, or a few more. */
export function bytesOf(value: Json): number {
  return measure(value, { bytes: new Map(), forged: new Set() })
}

interface Survey {
  /** Sizes of the containers worth remembering, so that nothing is measured once per level above it. */
  readonly bytes: Map<object, number>
  /** Containers that hold, however deep, a thing that looks like one of our references. */
  readonly forged: Set<object>
}

interface Member extends Shrunk {
  readonly key: string
  readonly original: Json
}

function shrinkPart(value: Json, survey: Survey): Shrunk {
  // Whoever writes a reference of ours into a value must get that text back, and not the blob that it names.
  if (isValueRef(value)) return takeOut(value)
  const bytes = sizeOf(value, survey)
  const isContainer = typeof value === "object" && value !== null
  if (bytes <= INLINE_VALUE_BYTES && !(isContainer && survey.forged.has(value)))
    return { stored: value, bytes, parts: [] }
  if (!isContainer) return takeOut(value)
  const shrunk = shrinkMembers(value, bytes, survey)
  if (shrunk) return shrunk
  return isJsonArray(value) && bytes > SLICE_BYTES ? cut(value, survey) : takeOut(value)
}

/** The container with its large members shrunk and, if need be, its largest taken out; undefined when that is not enough. */
function shrinkMembers(container: Json & object, size: number, survey: Survey): Shrunk | undefined {
  const isArray = isJsonArray(container)
  // What cannot leave as one, nor be cut, has to fall into as many parts as it has.
  const mostParts = !isArray && size > MAX_BLOB_BYTES ? Number.POSITIVE_INFINITY : MAX_PARTS
  const members = entriesOf(container).map(
    ([key, original]): Member => ({ key, original, ...shrinkPart(original, survey) }),
  )
  let bytes = members.reduce((sum, { key, bytes }) => sum + bytes + memberOverhead(key, isArray), 2)
  const bySize = members.map((_, index) => index).sort((a, b) => (members[b]?.bytes ?? 0) - (members[a]?.bytes ?? 0))
  for (const [taken, index] of bySize.entries()) {
    const member = members[index]
    if (taken > mostParts) return undefined
    if (!member || bytes <= INLINE_VALUE_BYTES || member.bytes < MIN_PART_BYTES) break
    members[index] = { ...member, ...takeOut(member.original) }
    bytes += (members[index]?.bytes ?? 0) - member.bytes
  }
  const parts = members.flatMap((member) => member.parts)
  if (bytes > INLINE_VALUE_BYTES || parts.length > mostParts) return undefined
  const stored = isArray
    ? members.map((member) => member.stored)
    : Object.fromEntries(members.map(({ key, stored }) => [key, stored]))
  return { stored, bytes, parts }
}

function takeOut(value: Json): Shrunk {
  const text = canonicalJson(value)
  const reference = referenceTo(text, VALUE_MEDIA_TYPE)
  return {
    stored: { ...reference },
    bytes: byteLength(canonicalJson(reference)),
    parts: [{ reference, text: () => text }],
  }
}

/** The list as references to slices of it. */
function cut(list: readonly Json[], survey: Survey): Shrunk {
  const parts = slicesOf(list, survey).map((slice): Part => {
    const text = () => canonicalJson(slice)
    return { reference: referenceTo(text(), SLICE_MEDIA_TYPE), text }
  })
  const stored = parts.map(({ reference }) => ({ ...reference }))
  return { stored, bytes: byteLength(canonicalJson(stored)), parts }
}

/** Members in a row, as many as fit into `SLICE_BYTES`, but one at least. */
function slicesOf(list: readonly Json[], survey: Survey): Json[][] {
  const slices: Json[][] = []
  let room = 0
  for (const member of list) {
    const bytes = sizeOf(member, survey) + 1
    room -= bytes
    if (room >= 0) slices.at(-1)?.push(member)
    else {
      slices.push([member])
      room = SLICE_BYTES - bytes
    }
  }
  return slices
}

function referenceTo(text: string, mediaType: string): BlobRef {
  return { $blob: `sha256:${sha256(text)}`, bytes: byteLength(text), mediaType }
}

function sizeOf(value: Json, survey: Survey): number {
  const known = typeof value === "object" && value !== null ? survey.bytes.get(value) : undefined
  return known ?? measure(value, survey)
}

/** Bytes of canonical JSON of `value`, noting what `survey` keeps on the way. */
function measure(value: Json, survey: Survey): number {
  if (typeof value !== "object" || value === null) return byteLength(JSON.stringify(value))
  const isArray = isJsonArray(value)
  let bytes = 2
  let forged = isValueRef(value)
  for (const [key, member] of entriesOf(value)) {
    bytes += measure(member, survey) + memberOverhead(key, isArray)
    forged ||= typeof member === "object" && member !== null && survey.forged.has(member)
  }
  if (bytes >= MIN_PART_BYTES) survey.bytes.set(value, bytes)
  if (forged) survey.forged.add(value)
  return bytes
}

/** Bytes that a member takes beside its value: its comma and, in an object, its key. Counts one comma too many per container. */
function memberOverhead(key: string, isArray: boolean): number {
  return isArray ? 1 : byteLength(JSON.stringify(key)) + 2
}

function entriesOf(container: Json & object): [string, Json][] {
  return Object.entries(container).filter(([, member]) => member !== undefined)
}
