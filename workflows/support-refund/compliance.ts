/** What a request and a reply must keep before anything is done: scores of a moderation model, and rules of our own on the reply. */
import { definePolicy } from "waybill"
import type { Action, Way } from "./rules.ts"

export interface ReplyFacts {
  readonly action: Action
  readonly way: Way
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
      id: "no-unfounded-refund",
      description: "The reply speaks of a refund only when one was decided, or was made before.",
      texts: ["reply"],
      violated: (text, { action, way }) => {
        if (action === "refund" || way === "refunded-before") return undefined
        const claim = sentences(text).find(speaksOfRefund)
        return claim && `no refund was decided, and it says ${JSON.stringify(claim)}`
      },
    },
    {
      id: "amount-within-refund",
      description: "A refund that the reply names is not more than the amount due.",
      texts: ["reply"],
      violated: (text, { action, refundCents }) => {
        const named = action === "refund" ? sentences(text).filter(speaksOfRefund).flatMap(amountsCents) : []
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

const REFUND =
  /\b(?:refund\w*|reimburs\w*|credit(?:ed|ing)?|money back|(?:get|give|pay|paid|return|send|sent) [^.!?]{0,30}\bback(?! to))\b/i
const DENIAL = /\b(?:not|no|never|cannot|nothing|unable|without|whether)\b|n['’]t\b/i

/** Says that there is or will be one. Strict where in doubt: then a person reads the letter. */
function speaksOfRefund(sentence: string): boolean {
  return REFUND.test(sentence) && !DENIAL.test(sentence)
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
