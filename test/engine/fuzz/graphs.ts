/**
 * Random workflows of all kinds of steps. Every closure reads an earlier value and gives something that follows from it, so
 * that a value lost, doubled or taken from elsewhere changes the run's output.
 */
import { type Workflow, workflow } from "waybill"
import { z } from "zod"
import type { Values } from "../../../src/graph/node.ts"
import { type Dice, diceOf, hashed } from "./plan.ts"
import type { World } from "./world.ts"

type Args = readonly unknown[]
/** The builder without its types: the graph is only known at run time. */
type Loose = { readonly [kind: string]: (...args: Args) => Loose }

export const INPUT = z.object({ n: z.number() })

/** Members that depend on when, and on which of several failures came first: no two lives agree on them. */
const FICKLE = new Set(["atMs", "untilMs", "error"])

/** Text of a value, short: what large values hold is in their digest. */
export function brief(value: unknown): string {
  const text = JSON.stringify(value ?? null, (key, member) => (FICKLE.has(key) ? "…" : member))
  return text.length > 60 ? `${text.slice(0, 20)}…${hashed(text, 1e9)}` : text
}

export class Graphs {
  readonly #dice: Dice
  readonly #world: World
  #count = 0
  /** Workflows that steps start as child runs. */
  readonly children: Workflow[] = []

  constructor(seed: number, world: World) {
    this.#dice = diceOf(seed)
    this.#world = world
  }

  workflow(name: string, steps: number, depth = 0): Workflow {
    const start = workflow(name, { version: 1, input: INPUT }) as unknown as Loose
    const { built, seen } = this.#scope(start, ["input"], steps, depth)
    return built.output?.((values: Values) => seen.slice(1).map((step) => brief(values[step]))) as unknown as Workflow
  }

  #scope(builder: Loose, outside: readonly string[], steps: number, depth: number): { built: Loose; seen: string[] } {
    const seen = [...outside]
    let built = builder
    for (let left = steps; left > 0; left -= 1) {
      const name = `s${this.#count}`
      this.#count += 1
      built = this.#step(built, name, seen, depth)
      seen.push(name)
    }
    return { built, seen }
  }

  #step(builder: Loose, name: string, seen: readonly string[], depth: number): Loose {
    const source = seen[this.#dice.roll(seen.length)] ?? "input"
    const text = (values: Values) => `${name} ${brief(values[source])}`
    const leaves = [this.#code, this.#tool, this.#tool, this.#model, this.#model, this.#wait, this.#sleep] as const
    const holders = [this.#branch, this.#parallel, this.#map, this.#loop, this.#agent, this.#child] as const
    const make = depth < 3 && this.#dice.chance(0.4) ? this.#dice.pick(holders) : this.#dice.pick(leaves)
    return make.call(this, builder, name, text, seen, depth)
  }

  /** Options that any step may take: sometimes a `when`. */
  #when(text: (values: Values) => string): object {
    const salt = this.#dice.roll(1e6)
    return this.#dice.chance(0.1) ? { when: (values: Values) => hashed(`${salt}${text(values)}`, 2) === 0 } : {}
  }

  #code(builder: Loose, name: string, text: (values: Values) => string): Loose {
    const size = this.#dice.chance(0.05) ? 150_000 : 0
    const run = (values: Values) => ({ n: hashed(text(values), 100), text: text(values), bulk: "x".repeat(size) })
    return call(builder, "code", name, run, this.#when(text))
  }

  #tool(builder: Loose, name: string, text: (values: Values) => string): Loose {
    const tool = this.#world.tool(this.#dice)
    return call(builder, "tool", name, tool, (values: Values) => ({ text: text(values) }), this.#when(text))
  }

  #model(builder: Loose, name: string, text: (values: Values) => string): Loose {
    const when = this.#when(text)
    switch (this.#dice.roll(5)) {
      case 0:
        return call(builder, "classify", name, { text, labels: { tone: ["angry", "calm", "odd"] }, ...when })
      case 1:
        return call(builder, "plan", name, { prompt: text, output: z.object({ n: z.number() }), ...when })
      case 2:
        return call(builder, "embed", name, { text, ...when })
      case 3:
        return call(builder, "moderate", name, { text, ...when })
      default:
        return call(builder, "generate", name, { prompt: text, ...when })
    }
  }

  #wait(builder: Loose, name: string, text: (values: Values) => string): Loose {
    const expires = this.#dice.chance(0.2) ? { expires: "2h", onTimeout: "continue" } : {}
    if (this.#dice.chance(0.5))
      return call(builder, "waitFor", name, { signal: `go-${name}`, ...expires, ...this.#when(text) })
    return call(builder, "approve", name, { summary: text, onReject: "continue", ...this.#when(text) })
  }

  #sleep(builder: Loose, name: string): Loose {
    return call(builder, "sleep", name, this.#dice.pick(["0s", "5s", "3h", "40d"]))
  }

  #branch(builder: Loose, name: string, text: (v: Values) => string, seen: readonly string[], depth: number): Loose {
    const cases = ["left", "right"]
    const inner = Object.fromEntries(cases.map((way) => [way, this.#inner(seen, depth)]))
    return call(builder, "branch", name, (values: Values) => cases[hashed(text(values), 2)], inner)
  }

  #parallel(builder: Loose, name: string, _text: unknown, seen: readonly string[], depth: number): Loose {
    const ways = ["a", "b", "c"].slice(0, 2 + this.#dice.roll(2))
    const inner = Object.fromEntries(ways.map((way) => [way, this.#inner(seen, depth)]))
    return call(builder, "parallel", name, inner, { onError: this.#onError(), concurrency: 1 + this.#dice.roll(3) })
  }

  #map(builder: Loose, name: string, text: (v: Values) => string, seen: readonly string[], depth: number): Loose {
    const most = 1 + this.#dice.roll(4)
    const over = (values: Values) => Array.from({ length: hashed(text(values), most + 1) }, (_, item) => ({ item }))
    const each = this.#inner([...seen, "item", "index"], depth)
    return call(builder, "map", name, { over, each, onError: this.#onError(), concurrency: 1 + this.#dice.roll(3) })
  }

  #loop(builder: Loose, name: string, _text: unknown, seen: readonly string[], depth: number): Loose {
    const body = this.#inner([...seen, "iteration", "previous"], depth)
    const until = (values: Values) => hashed(`${name}${brief(values.output)}`, 3) === 0
    return call(builder, "loop", name, { max: 1 + this.#dice.roll(3), start: () => ({ n: 0 }), body, until })
  }

  #agent(builder: Loose, name: string, text: (values: Values) => string): Loose {
    const tools = [this.#world.tool(this.#dice, `${name}_look`), this.#world.tool(this.#dice, `${name}_do`)]
    return call(builder, "agent", name, { prompt: text, tools, maxTurns: 4, onMaxTurns: "answer" })
  }

  #child(builder: Loose, name: string, text: (values: Values) => string): Loose {
    const inner = this.workflow(`child-${name}`, 1 + this.#dice.roll(2), 2)
    this.children.push(inner)
    return call(builder, "child", name, inner, (values: Values) => ({ n: hashed(text(values), 10) }))
  }

  /** A scope inside a step, ended with its last value or with all of them. */
  #inner(seen: readonly string[], depth: number): (builder: Loose) => Loose {
    const steps = this.#dice.roll(3)
    const isClosed = this.#dice.chance(0.5)
    let made: ((builder: Loose) => Loose) | undefined
    // A callback must build the same scope whenever it is called, and may draw from the dice only once.
    return (builder) => {
      const dice = this.#count
      if (made) throw new Error(`A scope was built twice (at ${dice}).`)
      const { built, seen: all } = this.#scope(builder, seen, steps, depth + 1)
      made = () => built
      const last = all.at(-1) ?? "input"
      return isClosed ? call(built, "output", (values: Values) => ({ last: brief(values[last]) })) : built
    }
  }

  #onError(): "fail-fast" | "collect" {
    return this.#dice.pick(["fail-fast", "collect"])
  }
}

function call(builder: Loose, method: string, ...args: Args): Loose {
  const made = builder[method]
  if (!made) throw new Error(`There is no kind "${method}".`)
  return made(...args)
}
