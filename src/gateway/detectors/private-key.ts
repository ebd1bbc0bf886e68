/** Private keys in PEM, PGP, SSH and PuTTY armour, with their headers, whole. One whose end is missing goes on to the end of the text. */
import type { Detector } from "./detector.ts"

const KIND = "(?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?"
const END = new RegExp(`-{4,5} ?END ${KIND} ?-{4,5}|Private-MAC: [0-9a-f]{40,64}`, "g")

export const privateKey: Detector = {
  name: "private-key",
  label: "PRIVATE_KEY",
  patterns: [
    {
      hint: (text) => text.includes("PRIVATE KEY") || text.includes("PuTTY-User"),
      pattern: `-{4,5} ?BEGIN ${KIND} ?-{4,5}|PuTTY-User-Key-File-[23]: `,
    },
  ],
  // Headers and comments may hold any character, so only the end mark ends it. Each key is looked through once.
  end(text, from) {
    END.lastIndex = from
    return END.test(text) ? END.lastIndex : text.length
  },
}
