/** What a step is called: by its path, and wherever it stands. */

/** `items[3].extract` as `items[3].extract`, `items[].extract` and `extract`. */
export function placesOf(path: string): ReadonlySet<string> {
  const everywhere = path.replaceAll(/\[\d+\]/g, "[]")
  return new Set([path, everywhere, everywhere.slice(everywhere.lastIndexOf(".") + 1).replaceAll("[]", "")])
}
