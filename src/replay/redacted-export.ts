/**
 * A run as a file in which values are hidden, everywhere by the same stand-in; the chain is made anew over what is left, so
 * that the file can still be verified and replayed. Media are left out: nobody can look into them, and a replay needs none.
 *
 * Code that looks into what was hidden may do otherwise on the stand-in. Nobody could tell that from code that changed, so
 * the file is replayed when it is made, and its head says which steps that happened to.
 */

import { readRecording } from "../engine/recording.ts"
import type { EventRow } from "../run/chain.ts"
import type { BlobStore } from "../store/blob-store.ts"
import { MemoryEventStore } from "../store/memory-event-store.ts"
import { OverlayBlobStore } from "../store/overlay-blob-store.ts"
import { type ExportedBlobs, type ExportHead, exportLines, type RedactionDrift, type RowPages } from "./export-file.ts"
import { type Hide, Hider } from "./hide-event.ts"
import type { ReplayOptions, ReplayReport } from "./replay.ts"

/** A log larger than this is not replayed when it is exported: it would not fit into memory beside its replay. */
const MAX_REPLAYED_CHARS = 16_000_000

export interface RedactedExportOptions {
  readonly blobs: Exclude<ExportedBlobs, "all">
  readonly hide: Hide
  /** What today's code makes of the run as it was; rejects when there is no such code. */
  readonly original: () => Promise<ReplayReport>
  /** What it makes of the rows with their values hidden. */
  readonly replay: (hidden: Pick<ReplayOptions, "recording" | "blobs">) => Promise<ReplayReport>
}

/** The lines of the file. `pages` gives the rows of the log from the first on, each time that it is called. */
export async function* redactedLines(
  head: ExportHead,
  pages: () => RowPages,
  base: Pick<BlobStore, "get" | "find">,
  options: RedactedExportOptions,
): AsyncGenerator<string> {
  const { hide, blobs } = options
  const store = new OverlayBlobStore(base)
  // What is found at the end of a log is hidden at its beginning too: the first time through, only to find it.
  for await (const page of hidden(pages(), hide, store)) measured(page)
  const kept: EventRow[] = []
  let chars = 0
  for await (const page of hidden(pages(), hide, store)) {
    chars += measured(page)
    if (chars > MAX_REPLAYED_CHARS) break
    kept.push(...page)
  }
  const isWhole = chars <= MAX_REPLAYED_CHARS
  const differs = isWhole ? await drift(kept, store, options).catch(() => undefined) : undefined
  const whole = { ...head, redacted: true, ...(differs ? { differs } : {}) } satisfies ExportHead
  yield* exportLines(whole, isWhole ? [kept] : hidden(pages(), hide, store), store, blobs)
}

async function* hidden(pages: RowPages, hide: Hide, store: BlobStore): AsyncGenerator<readonly EventRow[]> {
  const hider = new Hider(hide, store)
  for await (const page of pages) {
    const rows: EventRow[] = []
    for (const row of page) rows.push(await hider.row(row))
    yield rows
  }
}

function measured(page: readonly EventRow[]): number {
  return page.reduce((chars, { data }) => chars + data.length, 0)
}

/** What differs in the replay of the redacted rows and does not in that of the run itself. */
async function drift(
  rows: readonly EventRow[],
  blobs: BlobStore,
  { original, replay }: RedactedExportOptions,
): Promise<RedactionDrift> {
  const before = await original()
  const after = await replay({ recording: readRecording(new MemoryEventStore(rows)), blobs })
  const changed = new Set(before.steps.filter(({ verdict }) => verdict !== "same").map(({ path }) => path))
  const steps = after.steps.filter(({ path, verdict }) => verdict !== "same" && !changed.has(path))
  return {
    steps: steps.map(({ path }) => path),
    end: after.end.changes.length > 0 && before.end.changes.length === 0,
  }
}
