/**
 * OTLP/JSON: the shapes of the wire, and how plain values become them. No product words, no conventions.
 * The shapes are types and no interfaces, so that a document is itself `Json`.
 */

export type AttributeValue = string | boolean | number | readonly string[] | Double

/** Attributes by name; those that are undefined are left out. */
export type Attributes = Readonly<Record<string, AttributeValue | undefined>>

/** A number that the conventions type as `double`, which a whole number would not show. */
export interface Double {
  readonly double: number
}

type AnyValue =
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly intValue: string }
  | { readonly doubleValue: number }
  | { readonly arrayValue: { readonly values: readonly AnyValue[] } }

export type KeyValue = {
  readonly key: string
  readonly value: AnyValue
}

export const SPAN_KIND = { internal: 1, client: 3 } as const
export const STATUS_CODE = { unset: 0, error: 2 } as const

export type SpanEvent = {
  readonly timeUnixNano: string
  readonly name: string
  readonly attributes: readonly KeyValue[]
}

export type SpanLink = {
  readonly traceId: string
  readonly spanId: string
  readonly attributes: readonly KeyValue[]
}

export type Span = {
  /** 32 hex characters. */
  readonly traceId: string
  /** 16 hex characters. */
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly KeyValue[]
  readonly events: readonly SpanEvent[]
  readonly links: readonly SpanLink[]
  readonly status: { readonly code: number; readonly message?: string }
}

/** The body of an OTLP/HTTP request for traces. */
export type TraceDocument = {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] }
    readonly scopeSpans: readonly {
      readonly scope: { readonly name: string }
      readonly spans: readonly Span[]
      readonly schemaUrl: string
    }[]
  }[]
}

export function double(value: number): Double {
  return { double: value }
}

/** Attributes as OTLP has them, in the order given. */
export function keyValues(attributes: Attributes): readonly KeyValue[] {
  return Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: anyValue(value) }],
  )
}

/** Nanoseconds since the epoch as text: as a number they would not fit. */
export function unixNano(ms: number): string {
  const whole = Math.floor(ms)
  const nanos = Math.floor((ms - whole) * 1e6)
  return `${whole}${String(nanos).padStart(6, "0")}`
}

function anyValue(value: AttributeValue): AnyValue {
  if (typeof value === "string") return { stringValue: value }
  if (typeof value === "boolean") return { boolValue: value }
  if (typeof value === "number") return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  if ("double" in value) return { doubleValue: value.double }
  return { arrayValue: { values: value.map((item) => ({ stringValue: item })) } }
}
