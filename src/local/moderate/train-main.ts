/** `node src/local/moderate/train-main.ts`: trains the moderation heads anew and stores them. Run it after changing `lines.ts`. */
import { writeFileSync } from "node:fs"
import { SentenceEncoder } from "../embed/embedder.ts"
import { HEADS_FILE, headsDocument, trainHeads } from "./heads.ts"

const encoder = new SentenceEncoder()
writeFileSync(HEADS_FILE, headsDocument(await trainHeads(encoder)))
await encoder.close()
console.log(`Wrote ${HEADS_FILE}.`)
