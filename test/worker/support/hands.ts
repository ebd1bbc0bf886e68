/**
 * What the tools and models of the live tests do: they note the call, and stay in it for as long as the test holds them.
 * The Worker and its tests live in one isolate, so a test sees what was called, also by objects that have died since.
 *
 * Both sides look again and again, each by its own timers: a promise that one request makes and another resolves would
 * carry the test into the object that it is about to kill.
 */
import { expect } from "vitest"
import { type Effect, tool } from "waybill"
import { z } from "zod"

export interface HandCall {
  /** Which run and place called; the test names it in the run's input. */
  readonly name: string
  readonly idempotencyKey: string
  readonly attempt: number
}

const LOOK_AGAIN_MS = 5
const calls: HandCall[] = []
const held = new Set<string>()

/** From now on calls of `name` stay until `open`. */
export function hold(name: string): void {
  held.add(name)
}

/** Lets the calls of `name` go: those that stay, unless their object has died, and those to come. */
export function open(name: string): void {
  held.delete(name)
}

export function callsOf(name: string): readonly HandCall[] {
  return calls.filter((call) => call.name === name)
}

/** Resolves when `name` was called `count` times in all. */
export async function called(name: string, count = 1): Promise<void> {
  const look = { interval: LOOK_AGAIN_MS, timeout: 20_000 }
  await expect.poll(() => callsOf(name).length, look).toBeGreaterThanOrEqual(count)
}

/** Notes the call, and stays in it while `call.name` is held. */
export async function enter(call: HandCall): Promise<void> {
  calls.push(call)
  while (held.has(call.name)) await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS))
}

/** Enters as the hand that a question to a model names, and gives the words before that. */
export async function enterAsked(question: unknown): Promise<string> {
  const [, words = "", name = ""] = /"([^"]*)hand:([\w.-]+)/.exec(JSON.stringify(question)) ?? []
  await enter({ name, idempotencyKey: "", attempt: 0 })
  return words
}

export const Named = z.object({ name: z.string() })

/** A tool that gives back its name. */
export function handTool(effect: Effect = "idempotent") {
  return tool({
    name: `hand-${effect}`,
    description: "Notes that it was called, and stays while it is held.",
    input: Named,
    output: Named,
    effect,
    async run({ input, idempotencyKey, attempt }) {
      await enter({ name: input.name, idempotencyKey, attempt })
      return { name: input.name }
    },
  })
}

/** As `handTool`; undoing it is a call as well, of its name with `.undone` behind it. */
export function undoableTool() {
  return tool({
    ...handTool(),
    name: "undoable",
    compensate: ({ input, idempotencyKey, attempt }) =>
      enter({ name: `${input.name}.undone`, idempotencyKey, attempt }),
  })
}
