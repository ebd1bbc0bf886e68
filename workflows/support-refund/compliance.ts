/** What a request and a reply must keep before anything is done: scores of a moderation model, and rules of our own on the reply. */
import { definePolicy } from "waybill"
import type { Action } from "./rules.ts"

export interface ReplyFacts {
  readonly action: Action
  /** What the reply may promise at most. */
  readonly refundCents: number
}

export const compliance = definePolicy<ReplyFacts>({
  name: "support",
  version: 1,
  thresholds: {
    harassment: 0.6,
    "harassment/threatening": 0.5,
    hate: 0.5,
    violence: 0.6,
    "self-harm": 0.5,
    prompt_injection: 0.6,
    "*": 0.8,
  },
  rules: [
    {
      id: "no-unfounded-promise",
      description: "The reply promises a refund only when a refund was decided.",
      texts: ["reply"],
      violated: (text, { action }) => {
        const promise = action === "refund" ? undefined : sentences(text).find(promisesMoney)
        return promise === undefined ? undefined : `no refund was decided, and it says ${JSON.stringify(promise)}`
      },
    },
    {
      id: "amount-within-refund",
      description: "A refund that the reply names is not more than the amount due.",
      texts: ["reply"],
      violated: (text, { refundCents }) => {
        const named = sentences(text).filter(promisesMoney).flatMap(amountsCents)
        const over = named.find((cents) => cents > refundCents)
        return over === undefined ? undefined : `it names ${over / 100}, due is ${refundCents / 100}`
      },
    },
    {
      id: "no-card-number",
      description: "The reply holds no full card number.",
      texts: ["reply"],
      violated: (text) => (/(?:\d[ -]?){13,19}/.test(text) ? "it holds a number as long as a card's" : undefined),
    },
  ],
})

const MONEY_BACK = /\b(?:refund\w*|reimburs\w*|credit(?:ed|ing)?|money back|pa(?:y|id|ying) (?:it |you )?back)\b/i
/** What takes a promise out of a sentence: a denial, the past, or somebody else's wish. */
const NO_PROMISE =
  /\b(?:not|no|never|cannot|nothing|unable|without|before|already|whether|if|asked|request(?:ed)?)\b|n['’]t\b/i

function promisesMoney(sentence: string): boolean {
  return MONEY_BACK.test(sentence) && !NO_PROMISE.test(sentence)
}

function sentences(text: string): string[] {
  return text.split(/(?<=[.!?])\s+|\n+/).filter((sentence) => sentence.trim() !== "")
}

function amountsCents(sentence: string): number[] {
  const amounts = sentence.matchAll(
    /(?:[$€£]|\b(?:USD|EUR|GBP) ?)(\d[\d,]*(?:\.\d+)?)|(\d[\d,]*(?:\.\d+)?) ?(?:[€£]|(?:USD|EUR|GBP|dollars|euros|pounds)\b)/gi,
  )
  return [...amounts].map(([, before, after]) => Math.round(Number((before ?? after ?? "").replaceAll(",", "")) * 100))
}
