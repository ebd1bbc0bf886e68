import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { SentenceEncoder } from "../../src/local/embed/embedder.ts"
import { headsDocument, storedHeads, trainHeads } from "../../src/local/moderate/heads.ts"
import { CATEGORIES, CLEAN_LINES, MARKED_LINES } from "../../src/local/moderate/lines.ts"
import { Moderator } from "../../src/local/moderate/moderator.ts"
import { FLAGGED, NOT_FLAGGED } from "./moderation-lines.ts"

const encoder = new SentenceEncoder()
let moderator: Moderator
beforeAll(async () => {
  moderator = await Moderator.load(encoder)
})
afterAll(() => encoder.close())

describe("[LOCAL8] moderation", () => {
  it("flags what insults, threatens, hates, harasses or gives orders to the model, with its category", async () => {
    const found = await Promise.all(FLAGGED.map(([, line]) => moderator.moderate(line)))
    const missed = FLAGGED.filter(
      ([category], index) => !CATEGORIES.some((one) => one === category && found[index]?.categories[one]),
    )
    expect(missed.length).toBeLessThanOrEqual(2)
  })

  it("leaves angry and polite customers, screens and replies alone", async () => {
    const found = await Promise.all(NOT_FLAGGED.map((line) => moderator.moderate(line)))
    expect(NOT_FLAGGED.filter((_, index) => found[index]?.flagged).length).toBeLessThanOrEqual(2)
  })

  it("finds the one bad sentence in a long harmless text, and shows it", async () => {
    const [threat, harmless] = ["I will find you and I will hurt you.", NOT_FLAGGED.slice(3, 14).join("\n")]
    expect(await moderator.moderate(harmless)).toMatchObject({ flagged: false })
    const found = await moderator.moderate(`${harmless}\n${threat}\n${harmless}`)
    expect(found).toMatchObject({ flagged: true, categories: { "harassment/threatening": true }, worst: threat })
    expect(found.scores["harassment/threatening"]).toBe(
      (await moderator.moderate(threat)).scores["harassment/threatening"],
    )
  })

  it("says nothing about nothing", async () => {
    expect(await moderator.moderate("")).toMatchObject({ flagged: false, worst: "" })
  })
})

it("the stored heads are those that training on the lines gives", async () => {
  const [stored, trained] = [storedHeads(), await trainHeads(encoder)]
  for (const category of CATEGORIES) {
    expect(stored?.[category].bias).toBeCloseTo(trained[category].bias, 2)
    expect(stored?.[category].weights.length).toBe(512)
    for (const [index, weight] of trained[category].weights.entries())
      expect(stored?.[category].weights[index]).toBeCloseTo(weight, 1)
  }
  expect(JSON.parse(headsDocument(trained)).lines).toMatch(/^[\da-f]{64}$/)
})

it("no line is used both to train and to test", () => {
  const trained = new Set([...CLEAN_LINES, ...MARKED_LINES.flatMap(({ lines }) => lines)])
  expect([...NOT_FLAGGED, ...FLAGGED.map(([, line]) => line)].filter((line) => trained.has(line))).toEqual([])
})
