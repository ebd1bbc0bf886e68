/**
 * The trained heads: made from `lines.ts`, and stored in `heads.json` so that a server need not train them at each
 * start. Invariant: stored heads are used only with the very lines that they were trained on.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { z } from "zod"
import { sha256 } from "../../lib/digest.ts"
import type { Embedder } from "../embed/embedder.ts"
import { CATEGORIES, type Category, CLEAN_LINES, MARKED_LINES, perCategory } from "./lines.ts"
import { type Head, trainHead } from "./logistic.ts"

export type Heads = Readonly<Record<Category, Head>>

export const HEADS_FILE = join(import.meta.dirname, "heads.json")

const storedHead = z.object({ bias: z.number(), weights: z.base64() })
const stored = z.object({ lines: z.string(), heads: z.record(z.enum(CATEGORIES), storedHead) })

/** Takes a second or two, nearly all of it for embedding the lines. */
export async function trainHeads(embedder: Embedder): Promise<Heads> {
  const lines = [
    ...MARKED_LINES.flatMap(({ labels, lines: marked }) => marked.map((line) => ({ line, labels }))),
    ...CLEAN_LINES.map((line) => ({ line, labels: [] })),
  ]
  const vectors = await embedder.embed(lines.map(({ line }) => line))
  return perCategory((category) => {
    const isLabelled = lines.map(({ labels }) => labels.some((label) => label === category))
    return trainHead(vectors, isLabelled)
  })
}

/** The heads in `heads.json`; `undefined` when the lines are not those that they were trained on. */
export function storedHeads(): Heads | undefined {
  const { lines, heads } = stored.parse(JSON.parse(readFileSync(HEADS_FILE, "utf8")))
  if (lines !== linesDigest()) return undefined
  return perCategory((category) => {
    const { bias, weights } = heads[category]
    const bytes = Buffer.from(weights, "base64")
    return {
      bias,
      weights: Float32Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4)),
    }
  })
}

/** What `heads.json` holds. */
export function headsDocument(heads: Heads): string {
  const document = {
    lines: linesDigest(),
    heads: perCategory((category) => {
      const { bias, weights } = heads[category]
      const bytes = Buffer.alloc(weights.length * 4)
      for (const [index, weight] of weights.entries()) bytes.writeFloatLE(weight, index * 4)
      return { bias, weights: bytes.toString("base64") }
    }),
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

function linesDigest(): string {
  return sha256(JSON.stringify([MARKED_LINES, CLEAN_LINES]))
}
