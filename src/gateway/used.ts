/**
 * What an attempt used. The provider's own count goes first. Where it gave none, or only the one with which it began, the
 * call is not free for that: the question was read, and what arrived of the answer was written. Then `usage` is our estimate.
 */
import type { FailureClass } from "../lib/failure-classes.ts"
import { addUsage, NO_USAGE, type Usage } from "../model/result.ts"
import type { Exchange } from "../providers/transport.ts"
import type { Answer } from "./answer.ts"
import { tokens } from "./estimate.ts"

export interface Used {
  readonly usage: Usage
  readonly estimated?: true
}

export const NOTHING: Used = { usage: NO_USAGE }

export interface Ending {
  /** What the provider counted. */
  readonly told: Usage | undefined
  /** Our estimate of the question. */
  readonly inputTokens: number
  /** How much of an answer came. */
  readonly outputChars: number
  /** The limit that the answer was asked to keep, when it had one. */
  readonly maxOutputTokens?: number | undefined
  /** The exchange that ended the attempt; `undefined` when nothing was sent. */
  readonly exchange: Pick<Exchange, "status"> | undefined
  readonly failure?: FailureClass
}

/** Ends in the middle of an answer: whoever is cut short has read the question, and charges for it. */
const CUT: ReadonlySet<FailureClass> = new Set(["provider.stream_cut", "provider.timeout", "cancelled"])

export function isCut(failure: FailureClass): boolean {
  return CUT.has(failure)
}

export function usedBy({ told, inputTokens, outputChars, maxOutputTokens, exchange, failure }: Ending): Used {
  const cut = failure !== undefined && isCut(failure)
  const isServed = failure === undefined || failure.startsWith("output.") || cut || outputChars > 0
  const isError = exchange?.status !== undefined && exchange.status >= 300
  if (exchange === undefined || isError || !isServed) return told === undefined ? NOTHING : { usage: told }
  const outputTokens = Math.min(tokens(outputChars), maxOutputTokens ?? Number.POSITIVE_INFINITY)
  // What was told before a cut counts from the beginning, and leaves out what came after it.
  if (told !== undefined && (!cut || told.outputTokens >= outputTokens)) return { usage: told }
  return { usage: { ...(told ?? { ...NO_USAGE, inputTokens }), outputTokens }, estimated: true }
}

/** Several uses as one. */
export function addUsed(left: Used | undefined, right: Used): Used {
  if (left === undefined) return right
  const estimated = left.estimated ?? right.estimated
  return { usage: addUsage(left.usage, right.usage), ...(estimated ? { estimated } : {}) }
}

/** Whether every answer came out of AI Gateway's cache, which costs nothing. */
export function isCached(exchanges: readonly Exchange[]): boolean {
  return exchanges.length > 0 && exchanges.every(({ headers }) => headers["cf-aig-cache-status"] === "HIT")
}

/** How much a model wrote, thoughts and tool calls included. */
export function charsOf({ text, reasoning, toolCalls }: Answer): number {
  const thoughts = reasoning.reduce((total, part) => total + part.text.length, 0)
  const calls = toolCalls.reduce((total, { name, input }) => total + name.length + JSON.stringify(input).length, 0)
  return text.length + thoughts + calls
}
