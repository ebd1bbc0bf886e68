/** Whether a candidate can serve an operation at all, and if not, why: the `unfit` codes of a decision. */
import type { Operation } from "../model/operation.ts"
import type { Capabilities } from "../providers/provider.ts"

/** What an operation asks of a model. */
export interface Needs {
  readonly type: Operation["type"]
  /** MIME types of its media, without duplicates. */
  readonly media: readonly string[]
  readonly mediaBytes: number
  readonly tools: boolean
  readonly schema: boolean
  readonly template: boolean
}

export function needsOf(operation: Operation): Needs {
  const media = mediaOf(operation)
  const generate = operation.type === "generate" ? operation : undefined
  return {
    type: operation.type,
    media: [...new Set(media.map(({ mediaType }) => mediaType))],
    mediaBytes: media.reduce((total, { bytes }) => total + bytes, 0),
    tools: (generate?.tools?.length ?? 0) > 0,
    schema: generate?.output !== undefined,
    template: generate?.template !== undefined,
  }
}

/** Every medium of the operation, in order. */
export function mediaOf(operation: Operation) {
  if (operation.type === "transcribe") return [operation.audio]
  if (operation.type !== "generate") return []
  return operation.messages.flatMap((message) =>
    message.role === "user" ? message.content.flatMap((part) => (part.type === "media" ? [part.media] : [])) : [],
  )
}

/** A code such as `no_vision`, or undefined when the model can serve. `pdfAsText`: a PDF may be read out to it. */
export function unfitness(needs: Needs, capabilities: Capabilities, pdfAsText: boolean): string | undefined {
  if (!capabilities.operations.includes(needs.type)) return `no_${needs.type}`
  for (const mediaType of needs.media) {
    if (reads(capabilities, mediaType)) continue
    if (!(pdfAsText && mediaType === PDF)) return lacks(mediaType)
  }
  if (needs.tools && !capabilities.tools) return "no_tools"
  for (const part of capabilities.needs ?? []) {
    const present = part === "media" ? needs.media.length > 0 : needs[part]
    if (!present) return `no_${part}`
  }
  // Base64 makes four bytes of three.
  const requestBytes = Math.ceil((needs.mediaBytes * 4) / 3)
  return requestBytes > (capabilities.maxRequestBytes ?? Number.POSITIVE_INFINITY) ? "too_large" : undefined
}

export const PDF = "application/pdf"

export function reads({ media }: Capabilities, mediaType: string): boolean {
  return media.some((pattern) => matches(pattern, mediaType))
}

/** Whether a MIME type fits a pattern such as `image/*`. */
function matches(pattern: string, mediaType: string): boolean {
  return (
    pattern === mediaType || pattern === "*/*" || (pattern.endsWith("/*") && mediaType.startsWith(pattern.slice(0, -1)))
  )
}

function lacks(mediaType: string): string {
  if (mediaType.startsWith("image/")) return "no_vision"
  if (mediaType.startsWith("audio/")) return "no_audio"
  return mediaType === PDF ? "no_pdf" : "no_media"
}
