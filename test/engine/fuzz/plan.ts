/** What the world does to a seed's runs: every decision follows from the seed and a name, so that it is the same in each life. */
import { sha256 } from "../../../src/lib/digest.ts"
import { type Random, seededRandom } from "../../../src/lib/random.ts"

export interface Dice {
  readonly random: Random
  /** A whole number in [0, below). */
  roll(below: number): number
  chance(probability: number): boolean
  pick<Value>(values: readonly [Value, ...Value[]]): Value
}

export function diceOf(seed: number): Dice {
  const random = seededRandom(seed)
  const roll = (below: number) => Math.floor(random.next() * below)
  return {
    random,
    roll,
    chance: (probability) => random.next() < probability,
    pick: (values) => values[roll(values.length)] ?? values[0],
  }
}

/** A number in [0, below) that follows from the text alone. */
export function hashed(text: string, below: number): number {
  return Number.parseInt(sha256(text).slice(0, 8), 16) % below
}
