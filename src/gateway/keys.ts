/** Which of a provider's keys is used: the one that worked last, until it fails in a way that another key might not. */

export interface KeyRing {
  /** Index of the key to use. */
  current(provider: string): number
  /** The key at `index` failed: the next one is used from now on, unless somebody moved on already. */
  rotate(provider: string, index: number, count: number): void
}

export function keyRing(): KeyRing {
  const current = new Map<string, number>()
  return {
    current: (provider) => current.get(provider) ?? 0,
    rotate(provider, index, count) {
      if ((current.get(provider) ?? 0) === index) current.set(provider, (index + 1) % count)
    },
  }
}
