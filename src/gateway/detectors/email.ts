/** Email addresses, in any script, as people write them and as links hold them. */
import type { Detector } from "./detector.ts"

/** The part before the `@` is read backwards from it. */
const LOCAL = "(?<=(?<![\\p{L}\\p{N}._%+'-])(?<before>[\\p{L}\\p{N}_%+'-][\\p{L}\\p{N}._%+'-]{0,63})@)"
/** In a link what stands before it may be encoded as well (`to%3Abob`), and is no part of it. */
const ENCODED_LOCAL =
  "(?<=(?:(?<![\\p{L}\\p{N}._%'-])|(?<=%[0-9A-Fa-f]{2}))(?<before>[\\p{L}\\p{N}_'-](?:[\\p{L}\\p{N}._'-]|%2[Bb]){0,63})%40)"
const DOMAIN = "(?:[\\p{L}\\p{N}][\\p{L}\\p{N}-]{0,62}\\.){1,8}\\p{L}{2,24}(?![\\p{L}\\p{N}])"

export const email: Detector = {
  name: "email",
  label: "EMAIL",
  patterns: [
    { hint: (text) => text.includes("@"), pattern: `@${LOCAL}${DOMAIN}` },
    { hint: (text) => text.includes("%40"), pattern: `%40${ENCODED_LOCAL}${DOMAIN}` },
  ],
}
