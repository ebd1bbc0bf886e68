/**
 * How this server counts tokens, for `usage` and `max_tokens`: one token for every four characters, rounded up, the
 * usual rule of thumb for English. An image counts as the text that was read in it. Nothing is billed by it.
 */

export const CHARACTERS_PER_TOKEN = 4

export function estimateTokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN)
}
