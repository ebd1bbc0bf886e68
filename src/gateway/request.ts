/**
 * What one candidate is sent: the operation as it may see it (redacted, its PDFs read out if it cannot read them), its
 * media, and the way back from its answer. Prepared once for all candidates that see the same.
 */

import { must } from "../lib/assert.ts"
import type { BlobRef } from "../lib/blob-ref.ts"
import { errorData } from "../lib/errors.ts"
import type { OperationOptions } from "../model/client.ts"
import type { Failure } from "../model/failure.ts"
import type { MediaPart, TextPart } from "../model/message.ts"
import type { Operation } from "../model/operation.ts"
import type { Capabilities } from "../providers/provider.ts"
import type { CatalogueEntry } from "./catalogue.ts"
import { blockedFailure } from "./decision.ts"
import { mediaOf, PDF, reads } from "./fitness.ts"
import type { MediaBytes } from "./prompt.ts"
import { type Blocked, planFor, type Redacted, type RedactionPlan, redact } from "./redaction.ts"

export interface PreparedRequest extends Redacted {
  readonly media: MediaBytes
}

export type Prepared = { readonly request: PreparedRequest } | { readonly failure: Failure }

export interface RequestSources {
  readonly loadMedia: OperationOptions["loadMedia"]
  readonly redaction: RedactionPlan
  readonly pdfText: (bytes: Uint8Array) => Promise<string>
}

export class Requests {
  readonly #operation: Operation
  readonly #sources: RequestSources
  #media: Promise<Attempted<MediaBytes>> | undefined
  #readOut: Promise<Attempted<Operation>> | undefined
  readonly #redacted = new Map<string, Redacted>()

  constructor(operation: Operation, sources: RequestSources) {
    this.#operation = operation
    this.#sources = sources
  }

  /** How many values were hidden, at most, from any candidate. */
  get redactions(): number {
    return Math.max(0, ...[...this.#redacted.values()].map(({ placeholders }) => placeholders.size))
  }

  /** Whether any redaction rule applies to this operation at all. */
  get redacting(): boolean {
    return this.#sources.redaction.rules.length > 0
  }

  /** What keeps the operation from being sent to this provider at all. */
  blockedFor(provider: string): Blocked | undefined {
    const blocks = this.#sources.redaction.rules.some(({ config }) => config.mode === "block")
    return blocks ? this.#redact(this.#operation, provider, "native").blocked : undefined
  }

  /** What the candidate is sent, or why it cannot be sent anything: a medium that nobody can load or read out, a blocked value. */
  async prepare({ provider }: CatalogueEntry, capabilities: Capabilities): Promise<Prepared> {
    this.#media ??= attempted("A medium could not be loaded", () => loadAll(this.#operation, this.#sources.loadMedia))
    const media = await this.#media
    if ("failure" in media) return media
    const readsPdf = reads(capabilities, PDF) || !mediaOf(this.#operation).some(({ mediaType }) => mediaType === PDF)
    if (readsPdf) return this.#prepared(this.#operation, provider.id, "native", media.value)
    const { pdfText } = this.#sources
    this.#readOut ??= attempted("A PDF could not be read out", () => readOut(this.#operation, media.value, pdfText))
    const text = await this.#readOut
    return "failure" in text ? text : this.#prepared(text.value, provider.id, "text", media.value)
  }

  #prepared(operation: Operation, provider: string, form: "native" | "text", media: MediaBytes): Prepared {
    const redacted = this.#redact(operation, provider, form)
    if (redacted.blocked) return { failure: blockedFailure(redacted.blocked) }
    return { request: { ...redacted, media } }
  }

  #redact(operation: Operation, provider: string, form: "native" | "text"): Redacted {
    const plan = planFor(this.#sources.redaction, provider)
    const key = `${form} ${plan.rules.map(({ index }) => index).join()}`
    let redacted = this.#redacted.get(key)
    if (!redacted) {
      redacted = redact(operation, plan)
      this.#redacted.set(key, redacted)
    }
    return redacted
  }
}

type Attempted<Value> = { readonly value: Value } | { readonly failure: Failure }

/** The work's result, or its rejection as what it means for a candidate. */
async function attempted<Value>(problem: string, work: () => Promise<Value>): Promise<Attempted<Value>> {
  try {
    return { value: await work() }
  } catch (thrown) {
    return { failure: { class: "request.unsupported", message: `${problem}: ${errorData(thrown).message}` } }
  }
}

async function loadAll(operation: Operation, loadMedia: OperationOptions["loadMedia"]): Promise<MediaBytes> {
  const refs = new Map(mediaOf(operation).map((ref) => [ref.$blob, ref]))
  return new Map(await Promise.all([...refs.values()].map(async (ref) => [ref.$blob, await loadMedia(ref)] as const)))
}

/** The operation with the text of each PDF in its place. */
async function readOut(
  operation: Operation,
  media: MediaBytes,
  pdfText: RequestSources["pdfText"],
): Promise<Operation> {
  if (operation.type !== "generate") return operation
  const texts = new Map<BlobRef["$blob"], string>()
  for (const { $blob, mediaType } of mediaOf(operation))
    if (mediaType === PDF && !texts.has($blob))
      texts.set($blob, await pdfText(must(media.get($blob), "media are loaded first")))
  const replace = (part: TextPart | MediaPart): TextPart | MediaPart => {
    const text = part.type === "media" ? texts.get(part.media.$blob) : undefined
    return text === undefined ? part : { type: "text", text: `Text of the attached PDF:\n${text}` }
  }
  const messages = operation.messages.map((message) =>
    message.role === "user" ? { ...message, content: message.content.map(replace) } : message,
  )
  return { ...operation, messages }
}
