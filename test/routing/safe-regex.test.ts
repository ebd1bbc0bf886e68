/** Patterns from configuration: what may run on a stranger's text, and what may not. */
import { describe, expect, it } from "vitest"
import { unsafeRegexReason } from "../../src/lib/safe-regex.ts"

describe("a regular expression from configuration", () => {
  it.each([
    ["(a+)+$", "exponential"],
    ["(a|a)*b", "exponential"],
    ["(a*)*b", "exponential"],
    ["^(([a-z])+.)+[A-Z]([a-z])+$", "exponential"],
    ["(\\w+\\s?)+$", "exponential"],
    ["(?=(a+)+b)x", "exponential"],
    ["([0-9]{1,5})*x", "exponential"],
    ["(.*a){12}", "quadratic"],
    ["\\d+-?\\d+", "quadratic"],
    ["(a)\\1", "back-reference"],
    ["(?i:a)", "group with flags"],
    ["[", "not a regular expression"],
  ])("[ROUTE9] %s is refused: %s", (source, reason) => {
    expect(unsafeRegexReason(source)).toContain(reason)
  })

  it.each([
    "EMP-\\d+",
    "\\d{3}-\\d{2}-\\d{4}",
    "[A-Z]{2}\\d{2}(?: ?[A-Z0-9]{4}){2,7}",
    "(?:\\d{4}[ -]?){4}",
    "[\\w.]+@(?:[a-z0-9-]+\\.)+[a-z]{2,}",
    "^(?:foo|bar)+$",
    "(?<=key=)\\w+",
    "(?:\\w+-)*\\w+",
    "\\p{Lu}\\p{Ll}+ \\p{Lu}\\p{Ll}+",
    "[^\\]\\\\]+",
    "\\u{1F600}|\\x41",
  ])("%s is taken", (source) => {
    expect(unsafeRegexReason(source)).toBeUndefined()
  })
})
