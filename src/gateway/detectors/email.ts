/** Email addresses, in any script. */
import type { Detector } from "./detector.ts"

/** The part before the `@` is read backwards from it. */
const LOCAL = "(?<=(?<![\\p{L}\\p{N}._%+'-])(?<before>[\\p{L}\\p{N}_%+'-][\\p{L}\\p{N}._%+'-]{0,63})@)"
const DOMAIN = "(?:[\\p{L}\\p{N}][\\p{L}\\p{N}-]{0,62}\\.){1,8}\\p{L}{2,24}(?![\\p{L}\\p{N}])"

export const email: Detector = {
  name: "email",
  label: "EMAIL",
  patterns: [{ hint: (text) => text.includes("@"), pattern: `@${LOCAL}${DOMAIN}` }],
}
