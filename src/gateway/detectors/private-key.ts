/** Private keys in PEM and PGP armour, whole. One whose end is missing counts as far as its lines go. */
import type { Detector } from "./detector.ts"

export const privateKey: Detector = {
  name: "private-key",
  label: "PRIVATE_KEY",
  patterns: [
    {
      hint: (text) => text.includes("PRIVATE KEY"),
      pattern:
        "-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----[^-]{0,20000}(?:-----END (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----)?",
    },
  ],
}
