/**
 * The trace of a run: a pure fold of its log to OpenTelemetry spans, in the shape of OTLP/JSON.
 * `invoke_workflow` → one span per attempt of a step → one per operation → one CLIENT span per call to a provider.
 *
 * Invariants:
 * 1. The same log gives the same spans with the same ids, so exporting again overwrites and never doubles.
 * 2. A span is given when it ends and only open steps are held, so a run of any length can be exported in batches.
 * 3. Content (prompts, answers, arguments) is in a span only when it was asked for.
 */
import type { RunEvent } from "../run/event.ts"
import { SCHEMA_URL } from "./conventions.ts"
import { keyValues, type Span, type TraceDocument } from "./otlp.ts"
import { RunSpan } from "./run-span.ts"
import type { TraceOptions } from "./span.ts"

/** Spans of one export request, unless the caller says otherwise: what the OpenTelemetry SDKs take. */
const BATCH_SPANS = 512

/** What `GET /v1/runs/{id}/trace` answers: the trace as one OTLP/JSON document. A run under way is shown as far as it is. */
export function traceDocument(events: Iterable<RunEvent>, options: TraceOptions = {}): TraceDocument {
  return document([...traceSpans(events, options)], options)
}

/** The same in documents of at most `batchSpans` spans each. */
export function* traceBatches(
  events: Iterable<RunEvent>,
  options: TraceOptions = {},
  batchSpans = BATCH_SPANS,
): Generator<TraceDocument, void> {
  let batch: Span[] = []
  for (const span of traceSpans(events, options)) {
    batch.push(span)
    if (batch.length < batchSpans) continue
    yield document(batch, options)
    batch = []
  }
  if (batch.length > 0) yield document(batch, options)
}

/** The spans of a log, which begins with `run.created`, each as it ends; the run's own is the last. */
export function* traceSpans(events: Iterable<RunEvent>, options: TraceOptions = {}): Generator<Span, void> {
  let run: RunSpan | undefined
  for (const event of events) {
    if (event.type === "run.created") run = new RunSpan(event.data, event.atMs, options)
    if (run) yield* run.take(event)
  }
  if (run) yield* run.end()
}

function document(spans: readonly Span[], options: TraceOptions): TraceDocument {
  const schemaUrl = SCHEMA_URL[options.conventions ?? "v1.41"]
  const attributes = keyValues({ "service.name": "waybill", ...options.resource })
  return {
    resourceSpans: [{ resource: { attributes }, scopeSpans: [{ scope: { name: "waybill" }, spans, schemaUrl }] }],
  }
}
