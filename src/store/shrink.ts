/**
 * Which parts of a large value leave it. Pure: it decides and makes the references; `values.ts` stores and loads.
 * Its time grows with the size of the value and not with its depth.
 */
import { type BlobRef, isBlobRef } from "../lib/blob-ref.ts"
import { byteLength } from "../lib/bytes.ts"
import { sha256 } from "../lib/digest.ts"
import { canonicalJson, isJsonArray, type Json } from "../lib/json.ts"
import { INLINE_VALUE_BYTES } from "../lib/limits.ts"

/** Marks a reference that stands for a part of a value; every other one is a medium, and data. */
export const VALUE_MEDIA_TYPE = "application/vnd.waybill.value+json"

/** Smaller parts are not worth a blob of their own. */
const MIN_PART_BYTES = 4 * 1024

/** A container that would fall into more parts leaves as one: each costs a request to write and one to read. */
const MAX_PARTS = 64

/** What is left of a value: `bytes` of canonical JSON, and the texts of the parts that left it. */
export interface Shrunk {
  readonly stored: Json
  readonly bytes: number
  readonly parts: readonly string[]
}

/** Whether `value` is a reference that stands for a part of a value. */
export function isValueRef(value: unknown): value is BlobRef {
  return isBlobRef(value) && value.mediaType === VALUE_MEDIA_TYPE
}

/** `value`, plain JSON, brought within `INLINE_VALUE_BYTES`. */
export function shrink(value: Json): Shrunk {
  const survey: Survey = { bytes: new Map(), forged: new Set() }
  measure(value, survey)
  return shrinkPart(value, survey)
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
  return (isContainer && shrinkMembers(value, survey)) || takeOut(value)
}

/** The container with its large members shrunk and, if need be, its largest taken out; undefined when that is not enough. */
function shrinkMembers(container: Json & object, survey: Survey): Shrunk | undefined {
  const members = entriesOf(container).map(
    ([key, original]): Member => ({ key, original, ...shrinkPart(original, survey) }),
  )
  const isArray = isJsonArray(container)
  let bytes = members.reduce((sum, { key, bytes }) => sum + bytes + memberOverhead(key, isArray), 2)
  const bySize = members.map((_, index) => index).sort((a, b) => (members[b]?.bytes ?? 0) - (members[a]?.bytes ?? 0))
  for (const index of bySize) {
    const member = members[index]
    if (!member || bytes <= INLINE_VALUE_BYTES || member.bytes < MIN_PART_BYTES) break
    members[index] = { ...member, ...takeOut(member.original) }
    bytes += (members[index]?.bytes ?? 0) - member.bytes
  }
  const parts = members.flatMap((member) => member.parts)
  if (bytes > INLINE_VALUE_BYTES || parts.length > MAX_PARTS) return undefined
  const stored = isArray
    ? members.map((member) => member.stored)
    : Object.fromEntries(members.map(({ key, stored }) => [key, stored]))
  return { stored, bytes, parts }
}

function takeOut(value: Json): Shrunk {
  const text = canonicalJson(value)
  const stored: BlobRef = { $blob: `sha256:${sha256(text)}`, bytes: byteLength(text), mediaType: VALUE_MEDIA_TYPE }
  return { stored, bytes: byteLength(canonicalJson(stored)), parts: [text] }
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
