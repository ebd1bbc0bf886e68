/**
 * A run as a file: one JSON value a line, a head first, then the rows of its log in order, then, when it is to stand by
 * itself, the blobs that the rows refer to. `redacted-export.ts` makes one with values hidden.
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

export interface ExportHead {
  readonly waybill: "export"
  readonly format: 1
  readonly runId: string
  readonly workflow: string
  /** Number of the last event in the file. */
  readonly seq: number
  /** Values were hidden: the rows are not those of the run. */
  readonly redacted?: true
  /** What a replay of the file finds changed for that alone; absent where that was not looked at. */
  readonly differs?: RedactionDrift
}

/** Where today's code, when a file was made, did otherwise on what was hidden than on what had been there. */
export interface RedactionDrift {
  /** Paths of steps. */
  readonly steps: readonly string[]
  /** So did the run end, or give something else. */
  readonly end: boolean
}

/** One blob of a file. */
interface BlobLine {
  readonly blob: BlobRef
  readonly base64: string
}

/** Rows of a log, in order. */
export type RowPages = AsyncIterable<readonly EventRow[]> | Iterable<readonly EventRow[]>

/** What a file holds of the blobs that its rows refer to. `values`: no media. */
export type ExportedBlobs = "all" | "values" | "none"

/** The lines of the file, `pages` being the rows of the log. */
export async function* exportLines(
  head: ExportHead,
  pages: RowPages,
  store: Pick<BlobStore, "get" | "find">,
  blobs: ExportedBlobs,
): AsyncGenerator<string> {
  yield line(head)
  const used = new Map<string, BlobRef>()
  for await (const page of pages) {
    for (const row of page) {
      if (blobs !== "none") collect(JSON.parse(row.data), used)
      yield line(row)
    }
  }
  for (const blob of used.values()) {
    if (blobs === "values" && !isText(blob)) continue
    const content = (await store.find(blob.$blob)) && (await store.get(blob))
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
