/**
 * The contract of a detector: a pattern that finds candidates in text, and a check that tells them from look-alikes.
 * Patterns run on every prompt, so each must be linear: bounded repetition, and no two repetitions side by side that take
 * the same characters. A test holds them to what is asked of patterns in a configuration.
 */
import type { DetectorName } from "../../routing/detectors.ts"

export interface DetectorPattern {
  /** True of every text that the pattern can match in: a quick no for most others. */
  readonly hint: (text: string) => boolean
  /** Where the pattern may match, ascending: it is tried there and nowhere else. Default: everywhere. */
  readonly places?: (text: string) => readonly number[]
  /**
   * Source of the pattern, without flags (it is run with `g` and `u`). With a group `value`, which must end the match,
   * only that is the thing; what stands before it gave it away. With a group `before`, in a look-behind that ends where
   * the match begins, the thing begins there: so a pattern can start at a rare character, which is found fast.
   */
  readonly pattern: string
}

export interface Detector {
  readonly name: DetectorName
  /** In the placeholder: `EMAIL` gives `[[EMAIL_1]]`. */
  readonly label: string
  readonly patterns: readonly DetectorPattern[]
  /** How many characters of a match, from its start, are in fact the thing; 0 when none are. Default: all. */
  accept?(match: string): number
  /** Where in `text` the thing ends whose beginning ends at `from`. Default: there. */
  end?(text: string, from: number): number
}
