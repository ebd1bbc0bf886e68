/** Regular expressions from configuration: whether one may be run on text that a stranger wrote. */

/** Why `source` must not be used, or undefined when it may. */
export function unsafeRegexReason(source: string): string | undefined {
  try {
    new RegExp(source, "u")
    return undefined
  } catch (error) {
    return `not a regular expression: ${error instanceof Error ? error.message : String(error)}`
  }
}
