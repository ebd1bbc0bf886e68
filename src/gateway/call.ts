/**
 * Makes one call to one provider, whatever the operation's type, and gives the reply in our words.
 * It neither times, judges nor records: that is the attempt's.
 */
import type { EmbeddingModelV4 } from "@ai-sdk/provider"
import type { Message } from "../model/message.ts"
import type {
  EmbedOperation,
  GenerateOperation,
  ModerateOperation,
  Operation,
  TranscribeOperation,
} from "../model/operation.ts"
import { type ModerationScores, NO_USAGE, type Usage } from "../model/result.ts"
import type { Capabilities, Provider, ProviderSettings } from "../providers/provider.ts"
import type { CompiledModel } from "../routing/compiled.ts"
import { type Answer, answerOf, readStream, type StreamWatcher } from "./answer.ts"
import { inputTokens } from "./estimate.ts"
import { leaseModel } from "./model-pool.ts"
import { callOptions, type MediaBytes } from "./prompt.ts"
import type { Used } from "./used.ts"

export type Reply =
  | { readonly type: "generate"; readonly answer: Answer; readonly method?: string }
  | { readonly type: "embed"; readonly embeddings: readonly (readonly number[])[] }
  | {
      readonly type: "moderate"
      readonly results: readonly ModerationScores[]
      readonly usage?: Usage
      readonly responseId?: string
      readonly responseModel?: string
    }
  | {
      readonly type: "transcribe"
      readonly text: string
      readonly language?: string
      readonly durationMs?: number
      readonly usage?: Usage
    }

export interface Call {
  readonly operation: Operation
  readonly provider: Provider
  readonly model: CompiledModel
  readonly capabilities: Capabilities
  readonly settings: ProviderSettings
  readonly media: MediaBytes
  /** Turns after the operation's own. */
  readonly turns: readonly Message[]
  /** Present when the answer is to be streamed. */
  readonly watcher?: StreamWatcher
  /** Told what each batch of an embedding used: they are paid for, whatever becomes of the next. */
  readonly onBatch?: (used: Used) => void
  readonly signal: AbortSignal
}

export function callProvider(call: Call): Promise<Reply> {
  switch (call.operation.type) {
    case "generate":
      return generate(call.operation, call)
    case "embed":
      return embed(call.operation, call)
    case "moderate":
      return moderate(call.operation, call)
    case "transcribe":
      return transcribe(call.operation, call)
  }
}

async function generate(operation: GenerateOperation, call: Call): Promise<Reply> {
  const { provider, model, signal, watcher } = call
  const lease = wired(leaseModel(provider, model.model, call.settings), call)
  const options = { ...callOptions({ ...call, operation }), abortSignal: signal }
  try {
    const answer = withOwnThoughts(
      watcher
        ? await readStream((await lease.model.doStream(options)).stream, watcher)
        : answerOf(await lease.model.doGenerate(options)),
      provider,
    )
    const method = provider.methodOf?.(answer.metadata)
    return { type: "generate", answer, ...(method === undefined ? {} : { method }) }
  } finally {
    lease.release()
  }
}

/** Thoughts that bear no mark of their provider get one: it may want them back on the next turn, and no other may have them. */
function withOwnThoughts(answer: Answer, { optionsKey }: Provider): Answer {
  const reasoning = answer.reasoning.map((part) => ({ ...part, metadata: part.metadata ?? { [optionsKey]: {} } }))
  return { ...answer, reasoning }
}

/** In as many calls as the model's limit asks for, one after the other. */
async function embed({ texts }: EmbedOperation, call: Call): Promise<Reply> {
  const model: EmbeddingModelV4 = wired(call.provider.embeddingModel?.(call.model.model, call.settings), call)
  const batch = (await model.maxEmbeddingsPerCall) ?? texts.length
  const embeddings: (readonly number[])[] = []
  for (let start = 0; start < texts.length; start += batch) {
    const values = texts.slice(start, start + batch)
    const result = await model.doEmbed({ values, abortSignal: call.signal })
    embeddings.push(...result.embeddings)
    const counted = result.usage?.tokens
    const estimate = counted ?? inputTokens({ type: "embed", texts: values })
    const usage = { ...NO_USAGE, inputTokens: estimate }
    call.onBatch?.({ usage, ...(counted === undefined ? { estimated: true } : {}) })
  }
  return { type: "embed", embeddings }
}

async function moderate({ texts }: ModerateOperation, call: Call): Promise<Reply> {
  const { provider, model, settings, signal } = call
  const {
    results,
    usage,
    model: responseModel,
    responseId,
  } = await wired(provider.moderate?.(texts, model.model, settings, signal), call)
  return {
    type: "moderate",
    results,
    ...(usage ? { usage } : {}),
    ...(responseId === undefined ? {} : { responseId }),
    ...(responseModel === undefined ? {} : { responseModel }),
  }
}

async function transcribe({ audio, language }: TranscribeOperation, call: Call): Promise<Reply> {
  const { provider, media, signal } = call
  const model = wired(provider.transcriptionModel?.(call.model.model, call.settings), call)
  const bytes = wired(media.get(audio.$blob), call)
  const options = { ...call.model.options, ...(language === undefined ? {} : { language }) }
  const result = await model.doGenerate({
    audio: bytes,
    mediaType: audio.mediaType,
    abortSignal: signal,
    providerOptions: { [provider.optionsKey]: options },
  })
  const durationMs = result.durationInSeconds === undefined ? undefined : Math.round(result.durationInSeconds * 1000)
  return {
    type: "transcribe",
    text: result.text,
    ...(result.language === undefined ? {} : { language: result.language }),
    ...(durationMs === undefined ? {} : { durationMs, usage: { ...NO_USAGE, audioMs: durationMs } }),
  }
}

/** Candidates that lack a factory are struck by capability before, so this is a fault of ours. */
function wired<Thing>(thing: Thing | undefined, { provider, model, operation }: Call): Thing {
  if (thing === undefined)
    throw new Error(`Broken invariant: ${provider.id} has no wiring for ${operation.type} on ${model.model}`)
  return thing
}
