/** Email addresses, in any script. */
import type { Detector } from "./detector.ts"

export const email: Detector = {
  name: "email",
  label: "EMAIL",
  patterns: [
    {
      hint: /@/,
      pattern:
        "(?<![\\p{L}\\p{N}._%+'-])[\\p{L}\\p{N}_%+'-](?:[\\p{L}\\p{N}._%+'-]{0,63})@(?:[\\p{L}\\p{N}](?:[\\p{L}\\p{N}-]{0,62})\\.){1,8}[\\p{L}]{2,24}(?![\\p{L}\\p{N}])",
    },
  ],
}
