/**
 * How a provider's own word for the end of an answer is read. Each dialect lists the words that it knows. Invariant: a word
 * that nobody listed is no success, for it may well say that the answer is half of one; packages pass such words as `other`.
 */
import type { FailureClass } from "../../lib/failure-classes.ts"
import type { Failure } from "../../model/failure.ts"
import { documents, textAt, type WireBody } from "./body.ts"

/** What a word stands for: a whole answer, or a failure. */
type Meaning = FailureClass | "whole"
export type FinishWords = ReadonlyMap<string, Meaning>

/** The words of a dialect, listed by what they stand for. */
export function finishWords(lists: Partial<Readonly<Record<Meaning, readonly string[]>>>): FinishWords {
  const words = new Map<string, Meaning>()
  for (const [meaning, listed] of Object.entries(lists) as [Meaning, readonly string[]][])
    for (const word of listed) words.set(word, meaning)
  return words
}

/** The word with which an answer ended, and the object in which it stands. */
export interface Finish {
  readonly word: string
  readonly holder: unknown
}

/** Reads the last word that stands under `key`; `holders` are the objects of a document that may bear it. */
export function finishReader(
  key: string,
  holders: (document: unknown) => readonly unknown[],
): (body: WireBody) => Finish | undefined {
  const filter = new RegExp(`"${key}"\\s*:\\s*"`)
  return (body) => {
    const holder = documents(body, filter)
      .flatMap(holders)
      .findLast((candidate) => textAt(candidate, key) !== undefined)
    return holder === undefined ? undefined : { word: textAt(holder, key) ?? "", holder }
  }
}

const SAID: Partial<Readonly<Record<FailureClass, string>>> = {
  "output.truncated": "The answer is not whole",
  "output.refusal": "The model refused to answer",
  "output.invalid_json": "The model garbled its answer",
  "request.content_blocked": "The provider's filter stopped the answer",
  "provider.overloaded": "The provider ran out of resources during the answer",
}

/**
 * The failure that an answer's last words stand for; `undefined` when it is whole, or when there are none. The first word
 * that is known decides. `told`: what the answer says about it.
 */
export function finishFailure(
  known: FinishWords,
  words: readonly string[],
  status: number,
  told?: string,
): Failure | undefined {
  const word = words.find((candidate) => known.has(candidate)) ?? words[0]
  if (word === undefined) return undefined
  const meaning = known.get(word) ?? "provider.bad_response"
  if (meaning === "whole") return undefined
  const message = told ?? `${SAID[meaning] ?? "The provider broke its answer off"} (${word}).`
  return { class: meaning, message, providerCode: word, status }
}
