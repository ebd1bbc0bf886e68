/**
 * A run as a file: one JSON value a line, a head first, then the rows of its log in order, then, when it is to stand by
 * itself, the blobs that the rows refer to. What is hidden is hidden everywhere by the same stand-in, and the chain is made
 * anew over what is left, so that such a file can still be verified and replayed; the head says that it was done.
 *
 * Invariant: a file without anything hidden holds the very rows of the log.
 */
import { Buffer } from "node:buffer"
import { type BlobRef, isBlobRef } from "../lib/blob-ref.ts"
import { WaybillError } from "../lib/errors.ts"
import { isJsonArray, isJsonObject, type Json } from "../lib/json.ts"
import { type EventRow, verifyChain } from "../run/chain.ts"
import type { BlobStore } from "../store/blob-store.ts"
import { MemoryBlobStore } from "../store/memory-blob-store.ts"
import { MemoryEventStore } from "../store/memory-event-store.ts"
import { OverlayBlobStore } from "../store/overlay-blob-store.ts"
import { Hider } from "./hide-event.ts"

export interface ExportHead {
  readonly waybill: "export"
  readonly format: 1
  readonly runId: string
  readonly workflow: string
  /** Number of the last event in the file. */
  readonly seq: number
  /** Values were hidden: the rows are not those of the run. */
  readonly redacted?: true
}

/** One blob of a file. */
interface BlobLine {
  readonly blob: BlobRef
  readonly base64: string
}

export interface ExportOptions {
  /** Whether the blobs come too. */
  readonly blobs: boolean
  /** Gives texts without what must not be seen; absent: nothing is hidden. Media are left out then: nobody can look into them. */
  readonly hide?: (text: string) => string
}

/** The lines of the file, `pages` being the rows of the log in order. */
export async function* exportLines(
  head: Omit<ExportHead, "redacted">,
  pages: AsyncIterable<readonly EventRow[]> | Iterable<readonly EventRow[]>,
  base: Pick<BlobStore, "get" | "find">,
  { blobs, hide }: ExportOptions,
): AsyncGenerator<string> {
  yield line({ ...head, ...(hide ? { redacted: true } : {}) } satisfies ExportHead)
  const store = new OverlayBlobStore(base)
  const hider = hide && new Hider(hide, store)
  const used = new Map<string, BlobRef>()
  for await (const page of pages) {
    for (const row of page) {
      const shown = hider ? await hider.row(row) : row
      if (blobs) collect(JSON.parse(shown.data), used)
      yield line(shown)
    }
  }
  for (const blob of used.values()) {
    const content = await contentOf(blob, store, hide !== undefined)
    if (content) yield line({ blob, base64: Buffer.from(content).toString("base64") } satisfies BlobLine)
  }
}

/** A file that was read. */
export interface ExportFile {
  readonly head: ExportHead
  readonly store: MemoryEventStore
  readonly blobs: MemoryBlobStore
  /** Digests of the values that rows refer to and that the file does not have. Media are none: a replay needs no media. */
  readonly missing: readonly string[]
}

/** Reads the text of a file. Throws `export_invalid` when it is none, was cut short, or was changed after it was made. */
export async function readExport(text: string): Promise<ExportFile> {
  const values = text.split("\n").flatMap((one, index) => (one === "" ? [] : [parse(one, index + 1)]))
  const [head, ...rest] = values
  if (!isHead(head)) throw invalid("line 1: found no head of an export")
  const blobs = new MemoryBlobStore()
  const rows: EventRow[] = []
  for (const value of rest) {
    if (isBlobLine(value)) {
      const stored = await blobs.put(Buffer.from(value.base64, "base64"), value.blob.mediaType)
      if (stored.$blob !== value.blob.$blob) throw invalid(`the content of blob ${value.blob.$blob} is another one`)
    } else rows.push(value as unknown as EventRow)
  }
  const broken = verifyChain(rows)
  if (broken) throw invalid(broken.problem)
  if (rows.length !== head.seq)
    throw invalid(`found ${rows.length} events, expected ${head.seq}: the file was cut short`)
  return { head, store: new MemoryEventStore(rows), blobs, missing: await missingValues(rows, blobs) }
}

async function missingValues(rows: readonly EventRow[], blobs: MemoryBlobStore): Promise<readonly string[]> {
  const used = new Map<string, BlobRef>()
  for (const { data } of rows) collect(JSON.parse(data), used)
  const values = [...used.values()].filter(isText)
  const found = await Promise.all(values.map(({ $blob }) => blobs.find($blob)))
  return values.filter((_, index) => !found[index]).map(({ $blob }) => $blob)
}

/** The references in `value`, of parts of values and of media. */
function collect(value: Json, used: Map<string, BlobRef>): void {
  if (isBlobRef(value)) used.set(value.$blob, value)
  else if (isJsonArray(value)) for (const item of value) collect(item, used)
  else if (isJsonObject(value)) for (const member of Object.values(value)) collect(member, used)
}

/** A medium of which something might have to be hidden is left out: a replay needs none. */
async function contentOf(blob: BlobRef, store: BlobStore, isHiding: boolean): Promise<Uint8Array | undefined> {
  if (isHiding && !isText(blob)) return undefined
  return (await store.find(blob.$blob)) ? store.get(blob) : undefined
}

function isText({ mediaType }: BlobRef): boolean {
  return mediaType.endsWith("+json") || mediaType === "application/json"
}

function line(value: EventRow | ExportHead | BlobLine): string {
  return `${JSON.stringify(value)}\n`
}

function parse(text: string, number: number): Json {
  try {
    return JSON.parse(text)
  } catch {
    throw invalid(`line ${number}: found text that is not JSON`)
  }
}

function isHead(value: unknown): value is ExportHead {
  return isJsonObject(value) && value.waybill === "export" && value.format === 1 && typeof value.seq === "number"
}

function isBlobLine(value: unknown): value is BlobLine {
  return isJsonObject(value) && isBlobRef(value.blob) && typeof value.base64 === "string"
}

function invalid(problem: string): WaybillError {
  return new WaybillError("export_invalid", `The export cannot be read: ${problem}.`)
}
