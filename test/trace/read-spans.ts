/** Spans as a person reads them: by name, as a tree, attributes as plain values. */
import type { KeyValue, Span } from "../../src/trace/otlp.ts"

/** The only span called `name`; throws when there is none or more than one. */
export function named(spans: readonly Span[], name: string): Span {
  const [span, ...others] = spans.filter((candidate) => candidate.name === name)
  if (!span || others.length > 0) throw new Error(`${others.length + (span ? 1 : 0)} spans are called "${name}"`)
  return span
}

/** One line per span, indented by depth, in the order of their starts; `[client]` and `!error.type` behind the name. */
export function tree(spans: readonly Span[]): string[] {
  const ordered = spans
    .map((span, index) => ({ span, index }))
    .sort((a, b) => Number(BigInt(a.span.startTimeUnixNano) - BigInt(b.span.startTimeUnixNano)) || a.index - b.index)
    .map(({ span }) => span)
  const below = (parent: string | undefined, depth: number): string[] =>
    ordered
      .filter(({ parentSpanId }) => parentSpanId === parent)
      .flatMap((span) => [`${"  ".repeat(depth)}${describeSpan(span)}`, ...below(span.spanId, depth + 1)])
  return below(undefined, 0)
}

export function attributesOf({ attributes }: { readonly attributes: readonly KeyValue[] }): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, plain(value)]))
}

function describeSpan(span: Span): string {
  const error = attributesOf(span)["error.type"]
  return `${span.name}${span.kind === 3 ? " [client]" : ""}${error === undefined ? "" : ` !${error}`}`
}

function plain(value: KeyValue["value"]): unknown {
  if ("stringValue" in value) return value.stringValue
  if ("intValue" in value) return Number(value.intValue)
  if ("doubleValue" in value) return value.doubleValue
  if ("boolValue" in value) return value.boolValue
  return value.arrayValue.values.map(plain)
}
