/**
 * Operations: what a step asks of the gateway, free of any provider. An operation is plain canonical JSON,
 * so it can be recorded, digested, compared and asked again.
 */
import type { BlobRef } from "../lib/blob-ref.ts"
import { sha256 } from "../lib/digest.ts"
import { canonicalJson, type Json, type JsonObject } from "../lib/json.ts"
import type { Message } from "./message.ts"

/** A JSON Schema (draft 2020-12 as zod writes it). */
export type JsonSchema = JsonObject

/** A tool that a model may call: what it is for, and the schema of its arguments. */
export interface ToolSpec {
  readonly name: string
  readonly description: string
  readonly input: JsonSchema
}

/** A worked example of the wanted answer: shown to a language model, used as evidence by an extractive one. */
export interface Example {
  readonly input: string
  readonly output: Json
}

/** How tokens are drawn, beyond the temperature. A provider that lacks one of them ignores it. */
export interface Sampling {
  readonly topP?: number
  readonly stopSequences?: readonly string[]
  readonly seed?: number
  readonly presencePenalty?: number
  readonly frequencyPenalty?: number
}

export interface GenerateOperation {
  readonly type: "generate"
  readonly messages: readonly Message[]
  /** The shape of the answer. Absent: free text. */
  readonly output?: { readonly name: string; readonly schema: JsonSchema }
  readonly examples?: readonly Example[]
  readonly tools?: readonly ToolSpec[]
  readonly toolChoice?: "auto" | "required" | "none"
  /** Text that a template model answers with, rendered by the step: the only prose a machine without a language model has. */
  readonly template?: string
  readonly maxOutputTokens?: number
  /** What an answer is that hit its token limit: a failure (default), or an answer whose finish reason says so. */
  readonly onTruncated?: "fail" | "answer"
  readonly temperature?: number
  readonly sampling?: Sampling
  readonly reasoningEffort?: "none" | "low" | "medium" | "high"
  /** Passed through to the provider named by each key, untouched but for values that the routing hides. */
  readonly providerOptions?: Readonly<Record<string, JsonObject>>
}

export interface EmbedOperation {
  readonly type: "embed"
  readonly texts: readonly string[]
}

export interface ModerateOperation {
  readonly type: "moderate"
  readonly texts: readonly string[]
}

export interface TranscribeOperation {
  readonly type: "transcribe"
  readonly audio: BlobRef
  /** BCP 47 language tag, when known. */
  readonly language?: string
}

export type Operation = GenerateOperation | EmbedOperation | ModerateOperation | TranscribeOperation

/** Operations never change, and the digest of one is asked for by the run, the gateway and the cache. */
const digests = new WeakMap<Operation, string>()

/** SHA-256 of the operation's canonical JSON: the same question has the same digest, whoever asks it and when. */
export function operationDigest(operation: Operation): string {
  let digest = digests.get(operation)
  if (digest === undefined) {
    digest = sha256(canonicalJson(operation))
    digests.set(operation, digest)
  }
  return digest
}
