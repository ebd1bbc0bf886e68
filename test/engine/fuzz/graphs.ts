/**
 * Random workflows of all kinds of steps. Every closure reads an earlier value and gives something that follows from it, so
 * that a value lost, doubled or taken from elsewhere changes the run's output.
 */
import { type Workflow, workflow } from "waybill"
import { z } from "zod"
import type { StepOptions, Values } from "../../../src/graph/node.ts"
import { type Dice, diceOf, hashed } from "./plan.ts"
import type { World } from "./world.ts"

type Timeout = NonNullable<StepOptions["timeout"]>
type Args = readonly unknown[]
/** The builder without its types: the graph is only known at run time. */
type Loose = { readonly [kind: string]: (...args: Args) => Loose }

export const INPUT = z.object({ n: z.number() })

/** Nobody looks at what is in it. */
const MEDIUM = { $blob: `sha256:${"ab".repeat(32)}`, bytes: 10, mediaType: "image/png" } as const

/**
 * Sleeps and expiries last for whole days, timeouts for some hours, retries for minutes: so what a timeout cuts off does not
 * hang on how many retries a crash has spared.
 */
const SLEEPS = ["0s", "5s", "5d", "40d"] as const
const TIMEOUTS: readonly [Timeout, ...Timeout[]] = ["7h", { attempt: "7h" }, { total: "7h" }]
const RUN_TIMEOUT = "20.5d"

/** Members that depend on when, and on which of several came first, failures or waits: no two lives agree on them. */
const FICKLE = new Set(["atMs", "untilMs", "early", "error"])

/** A value as text, without its fickle members. */
export function steady(value: unknown): string {
  return JSON.stringify(value ?? null, (key, member) => (FICKLE.has(key) ? "…" : member))
}

/** Text of a value, short: what large values hold is in their digest. */
export function brief(value: unknown): string {
  const text = steady(value)
  return text.length > 60 ? `${text.slice(0, 20)}…${hashed(text, 1e9)}` : text
}

export class Graphs {
  readonly #dice: Dice
  readonly #world: World
  /** Deployed anew, the same workflows are written otherwise: every prompt's source is another, and what it says is not. */
  readonly #revision: number
  #count = 0
  /** Workflows that steps start as child runs. */
  readonly children: Workflow[] = []
  /** Signals that come before anybody waits for them. */
  readonly early: string[] = []

  constructor(seed: number, world: World, revision = 0) {
    this.#dice = diceOf(seed)
    this.#world = world
    this.#revision = revision
  }

  workflow(name: string, steps: number, depth = 0): Workflow {
    const timeout = this.#dice.chance(0.1) ? ({ timeout: RUN_TIMEOUT } as const) : {}
    const start = workflow(name, { version: 1, input: INPUT, ...timeout }) as unknown as Loose
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

  /** Options that any step may take: sometimes a `when`, sometimes a timeout. */
  #options(text: (values: Values) => string): object {
    const salt = this.#dice.roll(1e6)
    const isSkipped = this.#dice.chance(0.1)
    const isTimed = this.#dice.chance(0.08)
    return {
      ...(isSkipped ? { when: (values: Values) => hashed(`${salt}${text(values)}`, 2) === 0 } : {}),
      ...(isTimed ? { timeout: this.#dice.pick(TIMEOUTS) } : {}),
    }
  }

  /** A retry that the kind would not have by itself. */
  #retry(): object {
    return { retry: { attempts: 3, delay: "1m", jitter: false } }
  }

  #code(builder: Loose, name: string, text: (values: Values) => string): Loose {
    const size = this.#dice.chance(0.05) ? 150_000 : 0
    const run = (values: Values) => ({ n: hashed(text(values), 100), text: text(values), bulk: "x".repeat(size) })
    return call(builder, "code", name, run, this.#options(text))
  }

  #tool(builder: Loose, name: string, text: (values: Values) => string): Loose {
    const tool = this.#world.tool(this.#dice)
    return call(builder, "tool", name, tool, (values: Values) => ({ text: text(values) }), this.#options(text))
  }

  #model(builder: Loose, name: string, text: (values: Values) => string): Loose {
    const options = { ...this.#options(text), ...(this.#dice.chance(0.2) ? this.#retry() : {}) }
    if ("retry" in options) this.#world.flaky.add(name)
    const prompt = this.#revision % 2 === 1 ? (values: Values) => text(values) : text
    switch (this.#dice.roll(7)) {
      case 0:
        return call(builder, "classify", name, { text: prompt, labels: { tone: ["angry", "calm", "odd"] }, ...options })
      case 1:
        return call(builder, "plan", name, { prompt, output: z.object({ n: z.number() }), ...options })
      case 2:
        return call(builder, "embed", name, { text, ...options })
      case 3:
        return call(builder, "moderate", name, { text, ...options })
      case 4:
        return call(builder, "vision", name, { prompt, image: () => MEDIUM, ...options })
      case 5:
        return call(builder, "transcribe", name, { audio: () => MEDIUM, language: prompt, ...options })
      default:
        return call(builder, "generate", name, { prompt, ...options })
    }
  }

  #wait(builder: Loose, name: string, text: (values: Values) => string): Loose {
    const expires = this.#dice.chance(0.3) ? { expires: "1d" } : {}
    const options = { ...expires, ...this.#options(text) }
    const isEarly = this.#dice.chance(0.3)
    if (this.#dice.chance(0.5)) {
      const signal = `${isEarly ? "early" : "go"}-${name}`
      if (isEarly) this.early.push(signal)
      const onTimeout = "expires" in options ? { onTimeout: "continue" } : {}
      return call(builder, "waitFor", name, { signal, ...onTimeout, ...options })
    }
    const onTimeout = "expires" in options ? { onTimeout: this.#dice.pick(["fail", "reject", "approve"]) } : {}
    return call(builder, "approve", name, { summary: text, onReject: "continue", ...onTimeout, ...options })
  }

  #sleep(builder: Loose, name: string, text: (values: Values) => string): Loose {
    return call(builder, "sleep", name, this.#dice.pick(SLEEPS), this.#options(text))
  }

  #branch(builder: Loose, name: string, text: (v: Values) => string, seen: readonly string[], depth: number): Loose {
    const cases = ["left", "right"]
    const inner = Object.fromEntries(cases.map((way) => [way, this.#inner(seen, depth)]))
    return call(builder, "branch", name, (values: Values) => cases[hashed(text(values), 2)], inner, this.#options(text))
  }

  #parallel(builder: Loose, name: string, text: (v: Values) => string, seen: readonly string[], depth: number): Loose {
    const ways = ["a", "b", "c"].slice(0, 2 + this.#dice.roll(2))
    const inner = Object.fromEntries(ways.map((way) => [way, this.#inner(seen, depth)]))
    const how = { onError: this.#onError(), concurrency: 1 + this.#dice.roll(3) }
    return call(builder, "parallel", name, inner, { ...how, ...this.#options(text) })
  }

  #map(builder: Loose, name: string, text: (v: Values) => string, seen: readonly string[], depth: number): Loose {
    const most = 1 + this.#dice.roll(4)
    const over = (values: Values) => Array.from({ length: hashed(text(values), most + 1) }, (_, item) => ({ item }))
    const each = this.#inner([...seen, "item", "index"], depth)
    const how = { onError: this.#onError(), concurrency: 1 + this.#dice.roll(3) }
    return call(builder, "map", name, { over, each, ...how, ...this.#options(text) })
  }

  #loop(builder: Loose, name: string, text: (v: Values) => string, seen: readonly string[], depth: number): Loose {
    const body = this.#inner([...seen, "iteration", "previous"], depth)
    const until = (values: Values) => hashed(`${name}${brief(values.output)}`, 3) === 0
    return call(builder, "loop", name, {
      max: 1 + this.#dice.roll(3),
      start: () => ({ n: 0 }),
      body,
      until,
      ...this.#options(text),
    })
  }

  #agent(builder: Loose, name: string, text: (values: Values) => string): Loose {
    const tools = [this.#world.tool(this.#dice, `${name}_look`), this.#world.tool(this.#dice, `${name}_do`)]
    const needsYes = ({ input }: { readonly input: unknown }) => hashed(brief(input), 2) === 0
    const approve = this.#dice.chance(0.4) ? { approve: needsYes } : {}
    const how = { maxTurns: 4, onMaxTurns: "answer", ...approve, ...this.#options(text) }
    return call(builder, "agent", name, { prompt: text, tools, ...how })
  }

  #child(builder: Loose, name: string, text: (values: Values) => string): Loose {
    const inner = this.workflow(`child-${name}`, 1 + this.#dice.roll(2), 2)
    this.children.push(inner)
    const options = { ...this.#options(text), ...(this.#dice.chance(0.3) ? this.#retry() : {}) }
    return call(builder, "child", name, inner, (values: Values) => ({ n: hashed(text(values), 10) }), options)
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
