/** From a provider's reply to the operation's result: restored, parsed and valid; or the failure that it is not. */
import type { Json } from "../lib/json.ts"
import type { Failure } from "../model/failure.ts"
import type { Operation } from "../model/operation.ts"
import type { OperationResult } from "../model/result.ts"
import type { Reply } from "./call.ts"
import { readValue } from "./structured.ts"

/** Undoes what was done to the request before the provider saw it. */
export interface Restorer {
  /** `json`: the text is JSON, so a restored value is escaped. */
  text(text: string, json: boolean): string
  value(value: Json): Json
}

export type ResultOrFailure =
  | { readonly result: OperationResult; readonly repaired: boolean }
  | { readonly failure: Failure; readonly text: string }

export function resultOf(reply: Reply, operation: Operation, repair: boolean, restore: Restorer): ResultOrFailure {
  switch (reply.type) {
    case "generate":
      return generated(reply, operation, repair, restore)
    case "embed":
      return { result: { type: "embed", embeddings: reply.embeddings }, repaired: false }
    case "moderate":
      return { result: { type: "moderate", results: reply.results }, repaired: false }
    case "transcribe": {
      const { type, text, language, durationMs } = reply
      const more = {
        ...(language === undefined ? {} : { language }),
        ...(durationMs === undefined ? {} : { durationMs }),
      }
      return { result: { type, text, ...more }, repaired: false }
    }
  }
}

function generated(
  { answer, method }: Extract<Reply, { type: "generate" }>,
  operation: Operation,
  repair: boolean,
  restore: Restorer,
): ResultOrFailure {
  const output = operation.type === "generate" ? operation.output : undefined
  const result = {
    type: "generate" as const,
    toolCalls: answer.toolCalls.map((call) => ({ ...call, input: restore.value(call.input) })),
    reasoning: answer.reasoning.map((part) => ({ ...part, text: restore.text(part.text, false) })),
    finishReason: answer.finishReason,
    ...(method === undefined ? {} : { method }),
  }
  // A turn that calls tools is not the answer yet.
  if (!output || answer.toolCalls.length > 0)
    return { result: { ...result, text: restore.text(answer.text, false) }, repaired: false }
  const reading = readValue(answer.text, output.schema, repair, restore.value)
  if (reading.status === "invalid") return { failure: reading.failure, text: answer.text }
  const { value, repaired } = reading
  const text = repaired ? JSON.stringify(value) : restore.text(answer.text, true)
  return { result: { ...result, text, value }, repaired }
}
