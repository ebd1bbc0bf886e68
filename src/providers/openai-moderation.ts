/** OpenAI's moderation endpoint, for which no package has a model: one POST, one answer, judged by the wire like any other. */
import type { ModerationAnswer, ProviderSettings } from "./provider.ts"
import { at, listAt, parseJson, textAt } from "./wire/body.ts"

/** Scores for each text, in order. Throws on any answer that is not one; why is in the recorded exchange. */
export async function moderateOverHttp(
  baseUrl: string,
  texts: readonly string[],
  model: string,
  settings: ProviderSettings,
  signal: AbortSignal,
): Promise<ModerationAnswer> {
  const response = await settings.transport.fetch(`${settings.baseUrl ?? baseUrl}/moderations`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(settings.apiKey === undefined ? {} : { authorization: `Bearer ${settings.apiKey}` }),
      ...settings.headers,
    },
    body: JSON.stringify({ model, input: texts }),
    signal,
  })
  const document = parseJson(await response.text())
  const results = listAt(document, "results")
  if (!response.ok || results.length !== texts.length)
    throw new Error(`Expected ${texts.length} moderation results, found ${results.length} (HTTP ${response.status}).`)
  const answeredBy = textAt(document, "model")
  const responseId = textAt(document, "id")
  return {
    results: results.map((result) => ({
      flagged: at(result, "flagged") === true,
      scores: numbersOf(at(result, "category_scores")),
    })),
    ...(answeredBy === undefined ? {} : { model: answeredBy }),
    ...(responseId === undefined ? {} : { responseId }),
  }
}

function numbersOf(scores: unknown): Record<string, number> {
  const entries = Object.entries(typeof scores === "object" && scores !== null ? scores : {})
  return Object.fromEntries(entries.filter((entry): entry is [string, number] => typeof entry[1] === "number"))
}
