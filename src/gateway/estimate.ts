/** Sizes of an operation before anybody counted its tokens: for routing, reservations and calls that never told. */
import type { Operation } from "../model/operation.ts"

/** English runs at four characters a token, code and JSON at three; the worst case is asked for, so: */
const CHARS_PER_TOKEN = 3
/** What a page or picture takes at most on the providers that say so (a large image on Anthropic, a PDF page on Google). */
const TOKENS_PER_MEDIUM = 1_600
const BYTES_PER_PDF_PAGE = 20_000
/** What an answer may grow to when nobody set a limit. */
export const DEFAULT_OUTPUT_TOKENS = 8_192

/** An upper estimate of the operation's input tokens. */
export function inputTokens(operation: Operation): number {
  switch (operation.type) {
    case "embed":
    case "moderate":
      return operation.texts.reduce((total, text) => total + tokens(text.length), 0)
    case "transcribe":
      return 0
    case "generate": {
      const { messages, tools, output, examples } = operation
      const extras = [tools, output, examples].reduce(
        (total, part) => total + (part ? JSON.stringify(part).length : 0),
        0,
      )
      return tokens(extras) + messages.reduce((total, message) => total + messageTokens(message), 0)
    }
  }
}

type GenerateMessage = Extract<Operation, { type: "generate" }>["messages"][number]

function messageTokens(message: GenerateMessage): number {
  if (typeof message.content === "string") return tokens(message.content.length)
  let total = 0
  for (const part of message.content) {
    if (part.type === "text" || part.type === "reasoning") total += tokens(part.text.length)
    else if (part.type === "media")
      total +=
        TOKENS_PER_MEDIUM *
        (part.media.mediaType === "application/pdf" ? Math.ceil(part.media.bytes / BYTES_PER_PDF_PAGE) : 1)
    else total += tokens(JSON.stringify(part).length)
  }
  return total
}

/** An upper estimate of the tokens in so many characters. */
export function tokens(chars: number): number {
  return Math.ceil(chars / CHARS_PER_TOKEN)
}
