/**
 * Reads a regular expression (JavaScript, `u` flag) into a position automaton: one state per character that the pattern
 * can consume, and edges to the states that can come next. Edges that arise in two ways are counted twice, since a
 * backtracking matcher tries both. Bounded repetition is taken for unbounded, which can only make the automaton more
 * ambiguous than the pattern is. Look-arounds consume nothing and are automata of their own.
 */

export interface Automaton {
  /** What each state consumes: a bit per sample character. */
  readonly sets: readonly bigint[]
  /** Successors of each state, repeated when there are several ways. */
  readonly next: readonly (readonly number[])[]
}

/** The automata of `source`, the whole first, or why it cannot be read. `source` must compile with the `u` flag. */
export function automataOf(source: string): readonly Automaton[] | { readonly reason: string } {
  try {
    return new Reader(source).read()
  } catch (error) {
    if (error instanceof Unreadable) return { reason: error.message }
    throw error
  }
}

class Unreadable extends Error {}

/** Every Latin-1 character, and one of each further script and kind that a class may tell apart. */
const SAMPLES = [
  ...Array.from({ length: 256 }, (_, code) => String.fromCodePoint(code)),
  ..."ıſΑαЖжאבابहकアあ中가๑٣Ⅳ₂…–—“”„€₿™→∑√█☃😀🇩\u200b\u2028\u3000\ufeff\u0301",
]
const MAX_STATES = 1_000
const MAX_COPIES = 40

/** A piece of the pattern: the states it may begin and end with, and whether it may consume nothing. */
interface Fragment {
  readonly first: readonly number[]
  readonly last: readonly number[]
  readonly empty: boolean
}

const NOTHING: Fragment = { first: [], last: [], empty: true }

class Reader {
  readonly #source: string
  #at = 0
  #sets: bigint[] = []
  #next: number[][] = []
  readonly #automata: Automaton[] = []

  constructor(source: string) {
    this.#source = source
  }

  read(): readonly Automaton[] {
    this.#alternatives()
    return [{ sets: this.#sets, next: this.#next }, ...this.#automata]
  }

  #alternatives(): Fragment {
    let whole = this.#sequence()
    while (this.#take("|")) {
      const other = this.#sequence()
      whole = {
        first: [...whole.first, ...other.first],
        last: [...whole.last, ...other.last],
        empty: whole.empty || other.empty,
      }
    }
    return whole
  }

  #sequence(): Fragment {
    let whole = NOTHING
    while (this.#at < this.#source.length && !"|)".includes(this.#source.charAt(this.#at)))
      whole = this.#join(whole, this.#repeated())
    return whole
  }

  #repeated(): Fragment {
    const start = this.#at
    const piece = this.#atom()
    const quantifier = /^(?:[*+?]|\{(\d+)(,(\d*))?\})\??/.exec(this.#source.slice(this.#at))
    if (!quantifier) return piece
    const end = this.#at
    this.#at += quantifier[0].length
    const [text, least, comma] = quantifier
    if (text.startsWith("?")) return { ...piece, empty: true }
    if (least !== undefined && comma === undefined) return this.#copies(piece, start, end, Number(least))
    const optional = text.startsWith("*") || least === "0"
    if (quantifier[3] === "1") return { ...piece, empty: piece.empty || optional }
    this.#connect(piece.last, piece.first)
    return { ...piece, empty: piece.empty || optional }
  }

  /** `x{3}` is `xxx`: no choice is left to the matcher, so it must not look like a loop. */
  #copies(piece: Fragment, start: number, end: number, count: number): Fragment {
    const after = this.#at
    if (count > MAX_COPIES) {
      this.#connect(piece.last, piece.first)
      return piece
    }
    let whole = count === 0 ? NOTHING : piece
    for (let copy = 1; copy < count; copy += 1) {
      this.#at = start
      whole = this.#join(whole, this.#atom())
    }
    this.#at = after
    if (this.#at < end) throw new Unreadable("an unreadable repetition")
    return whole
  }

  #atom(): Fragment {
    const rest = this.#source.slice(this.#at)
    const around = /^\((?:\?<?[=!])/.exec(rest)
    if (around) return this.#lookAround(around[0].length)
    const group = /^\((?:\?(?::|<[^>]+>))?/.exec(rest)
    if (group) {
      if (rest.startsWith("(?") && group[0] === "(") throw new Unreadable("a group with flags")
      this.#at += group[0].length
      const inner = this.#alternatives()
      this.#at += 1
      return inner
    }
    const edge = /^(?:[\^$]|\\[bB])/.exec(rest)
    if (edge) {
      this.#at += edge[0].length
      return NOTHING
    }
    if (/^\\(?:[1-9]|k)/.test(rest)) throw new Unreadable("a back-reference")
    const character =
      /^(?:\[(?:\\.|[^\]\\])*\]|\\(?:[pP]\{[^}]*\}|u\{[^}]*\}|u[\da-fA-F]{4}|x[\da-fA-F]{2}|c[A-Za-z]|.)|.)/su.exec(
        rest,
      )
    if (!character) throw new Unreadable("an unreadable character")
    this.#at += character[0].length
    return this.#state(character[0])
  }

  #lookAround(openLength: number): Fragment {
    const [sets, next] = [this.#sets, this.#next]
    this.#sets = []
    this.#next = []
    this.#at += openLength
    this.#alternatives()
    this.#at += 1
    this.#automata.push({ sets: this.#sets, next: this.#next })
    this.#sets = sets
    this.#next = next
    return NOTHING
  }

  #state(source: string): Fragment {
    if (this.#sets.length >= MAX_STATES) throw new Unreadable("more than can be checked")
    const state = this.#sets.push(characters(source)) - 1
    this.#next.push([])
    return { first: [state], last: [state], empty: false }
  }

  #join(left: Fragment, right: Fragment): Fragment {
    this.#connect(left.last, right.first)
    return {
      first: left.empty ? [...left.first, ...right.first] : left.first,
      last: right.empty ? [...left.last, ...right.last] : right.last,
      empty: left.empty && right.empty,
    }
  }

  #connect(from: readonly number[], to: readonly number[]): void {
    for (const state of from) this.#next[state]?.push(...to)
  }

  #take(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false
    this.#at += text.length
    return true
  }
}

const known = new Map<string, bigint>()

/** The samples that one character of the pattern matches, as bits. The platform's own matcher says so. */
function characters(source: string): bigint {
  let set = known.get(source)
  if (set === undefined) {
    const pattern = new RegExp(`^(?:${source})$`, "u")
    set = SAMPLES.reduce((bits, sample, index) => (pattern.test(sample) ? bits | (1n << BigInt(index)) : bits), 0n)
    if (known.size > 500) known.clear()
    known.set(source, set)
  }
  return set
}
