/** Prices: by the list to the nano-dollar, by one's own price, and honestly unknown. */
import { calcPrice, findProvider } from "@pydantic/genai-prices"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { costAt, priceNanoUsd } from "../../src/ledger/price.ts"
import { NO_USAGE, type Usage } from "../../src/model/result.ts"
import { PROVIDERS } from "../../src/providers/index.ts"

const AT_MS = Date.UTC(2026, 10, 22)
const usage = (parts: Partial<Usage>): Usage => ({ ...NO_USAGE, ...parts })

const LISTED = PROVIDERS.flatMap(({ priceId }) => {
  const provider = priceId === undefined ? undefined : findProvider({ providerId: priceId })
  return provider ? [provider] : []
})

describe("the price of an attempt", () => {
  it("is the list's, for every model of every provider and any usage", () => {
    expect(LISTED.length).toBeGreaterThan(3)
    const models = LISTED.flatMap((provider) => provider.models.map(({ id }) => ({ provider, id })))
    const tokens = fc.integer({ min: 0, max: 300_000 })
    fc.assert(
      fc.property(
        fc.constantFrom(...models),
        tokens,
        tokens,
        tokens,
        tokens,
        ({ provider, id }, plain, read, write, output) => {
          fc.pre(plain + read + write + output > 0)
          const input = plain + read + write
          const listed = calcPrice(
            { input_tokens: input, output_tokens: output, cache_read_tokens: read, cache_write_tokens: write },
            id,
            { provider, timestamp: new Date(AT_MS) },
          )
          const cost = priceNanoUsd(
            provider.id,
            id,
            usage({ inputTokens: input, outputTokens: output, cacheReadTokens: read, cacheWriteTokens: write }),
            AT_MS,
          )
          expect(cost.priced).toBe(listed !== null)
          expect(Math.abs(cost.costNanoUsd - (listed?.total_price ?? 0) * 1e9)).toBeLessThanOrEqual(0.5001)
        },
      ),
      { numRuns: 1_500 },
    )
  })

  it("prices cached and written tokens apart", () => {
    const cost = priceNanoUsd(
      "anthropic",
      "claude-opus-5",
      usage({ inputTokens: 1_000, cacheReadTokens: 600, cacheWriteTokens: 300, outputTokens: 10 }),
      AT_MS,
    )
    expect(cost).toEqual({ costNanoUsd: 100 * 5_000 + 600 * 500 + 300 * 6_250 + 10 * 25_000, priced: true })
  })

  it("[COST8] prices what is written to a cache for an hour at its own price", () => {
    const written = { inputTokens: 1_000, cacheWriteTokens: 1_000 }
    const cost = (parts: Partial<Usage>) => priceNanoUsd("anthropic", "claude-sonnet-4-5", usage(parts), AT_MS)
    expect(cost(written)).toEqual({ costNanoUsd: 1_000 * 3_750, priced: true })
    expect(cost({ ...written, cacheWrite1hTokens: 400 })).toEqual({
      costNanoUsd: 600 * 3_750 + 400 * 6_000,
      priced: true,
    })
    expect(cost({ ...written, cacheWrite1hTokens: 5_000 })).toEqual({ costNanoUsd: 1_000 * 6_000, priced: true })
  })

  it("charges fees by the request, and thoughts apart, where the list does", () => {
    const tokens = { inputTokens: 1_000, outputTokens: 1_000, reasoningTokens: 400 }
    expect(priceNanoUsd("perplexity", "sonar-pro", usage(tokens), AT_MS).costNanoUsd).toBe(
      3_000_000 + 15_000_000 + 14_000_000,
    )
    expect(priceNanoUsd("perplexity", "sonar-pro", NO_USAGE, AT_MS)).toEqual({ costNanoUsd: 0, priced: true })
    expect(priceNanoUsd("perplexity", "sonar-deep-research", usage(tokens), AT_MS).costNanoUsd).toBe(
      2_000_000 + 600 * 8_000 + 400 * 3_000,
    )
  })

  it("counts sound by the second", () => {
    expect(priceNanoUsd("groq", "whisper-large-v3", usage({ audioMs: 60_000 }), AT_MS)).toEqual({
      costNanoUsd: 1_850_000,
      priced: true,
    })
  })

  it("is zero for the embedded models, and unknown for a model nobody lists", () => {
    expect(priceNanoUsd("local", "extract", usage({ inputTokens: 9 }), AT_MS)).toEqual({ costNanoUsd: 0, priced: true })
    expect(priceNanoUsd("openai", "no-such-model", usage({ inputTokens: 9 }), AT_MS)).toEqual({
      costNanoUsd: 0,
      priced: false,
    })
    expect(priceNanoUsd("nobody", "gpt-5", usage({ inputTokens: 9 }), AT_MS)).toEqual({ costNanoUsd: 0, priced: false })
  })

  it("takes usage whose parts exceed the whole at its total", () => {
    const cost = priceNanoUsd("anthropic", "claude-opus-5", usage({ inputTokens: 10, cacheReadTokens: 50 }), AT_MS)
    expect(cost).toEqual({ costNanoUsd: 10 * 500, priced: true })
  })

  it("is rounded once, at one's own price", () => {
    expect(costAt({ input: 0.0004, output: 0 }, usage({ inputTokens: 4 }))).toEqual({ costNanoUsd: 2, priced: true })
    expect(
      costAt(
        { input: 1, output: 2, cacheRead: 0.1 },
        usage({ inputTokens: 100, cacheReadTokens: 90, outputTokens: 10 }),
      ).costNanoUsd,
    ).toBe(39_000)
  })
})
