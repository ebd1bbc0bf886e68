/**
 * What the tools and models of the live tests do: they note the call, and stay in it for as long as the test holds them.
 * The Worker and its tests live in one isolate, so a test sees what was called, also by objects that have died since.
 */
import { type Effect, tool } from "waybill"
import { z } from "zod"

export interface HandCall {
  /** Which run and place called; the test names it in the run's input. */
  readonly name: string
  readonly idempotencyKey: string
  readonly attempt: number
}

const calls: HandCall[] = []
const held = new Map<string, { readonly promise: Promise<void>; readonly open: () => void }>()
let watchers: (() => void)[] = []

/** From now on calls of `name` stay until `open`. */
export function hold(name: string): void {
  let open = () => {}
  const promise = new Promise<void>((resolve) => {
    open = resolve
  })
  held.set(name, { promise, open })
}

/** Lets the calls of `name` go, those that stay and those to come. */
export function open(name: string): void {
  held.get(name)?.open()
  held.delete(name)
}

export function callsOf(name: string): readonly HandCall[] {
  return calls.filter((call) => call.name === name)
}

/** Resolves when `name` was called `count` times in all. */
export async function called(name: string, count = 1): Promise<void> {
  while (callsOf(name).length < count) await new Promise<void>((resolve) => watchers.push(resolve))
}

/** Notes the call, and stays in it while `call.name` is held. */
export async function enter(call: HandCall): Promise<void> {
  calls.push(call)
  const waiting = watchers
  watchers = []
  for (const look of waiting) look()
  await held.get(call.name)?.promise
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
