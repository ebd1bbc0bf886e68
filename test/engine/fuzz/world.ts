/**
 * The world outside the runs of one seed: tools with effects, a model, signals and people. It remembers every effect, and
 * fails the test when one happens that must not. It goes on over the lives of the processes that call it.
 */
import { type Effect, type ToolCall, tool } from "waybill"
import { type ScriptedModel, scriptedModel } from "waybill/testing"
import { z } from "zod"
import { canonicalJson, type Json } from "../../../src/lib/json.ts"
import type { OperationContext } from "../../../src/model/client.ts"
import { type GenerateOperation, type Operation, operationDigest } from "../../../src/model/operation.ts"
import type { RunEvent } from "../../../src/run/event.ts"
import type { ScriptedAnswer } from "../../../src/testing/scripted-model.ts"
import { Life } from "../../support/mortal.ts"
import { type Dice, hashed } from "./plan.ts"

const TEXT = z.object({ text: z.string() })

/** What an answer of the scripted model costs. */
export const CALL_NANO_USD = 1_000

const DOWN = { failure: { class: "provider.outage", message: "Down, as planned." } } as const

export class World {
  /** The life of the processes that are up now. Those of former lives may still be at work: what they reach is dead. */
  #life: Life
  readonly #lives: Life[] = []
  readonly #seed: number
  /** Effects of tools by idempotency key. */
  readonly effects = new Map<string, { readonly effect: Effect; readonly output: Json; times: number }>()
  /** How often each undoing was called for, and whether it came to its end, by idempotency key. */
  readonly undone = new Map<string, { times: number; done: boolean }>()
  /** Names of tools that can undo what they did. */
  readonly undoable = new Set<string>()
  /** Names of model steps that are tried again: their models fail once in a while. */
  readonly flaky = new Set<string>()
  /** What the models' answers cost. */
  spentNanoUsd = 0
  readonly #failures = new Map<string, number>()
  /** Keys, and paths of model steps, whose steps have completed. */
  readonly #completed = new Set<string>()
  readonly #keys = new Map<string, string>()
  /** Operations that were paid for by attempts that did not fail, by step and digest. */
  readonly #paid = new Map<string, Set<string>>()
  /** What happened and must not. */
  readonly broken: string[] = []

  constructor(seed: number) {
    this.#seed = seed
    this.#life = new Life()
  }

  get life(): Life {
    return this.#life
  }

  begin(life: Life): void {
    this.#life = life
    this.#lives.push(life)
  }

  /** What tells a tool in which life it was called. */
  secrets(life: Life): Readonly<Record<string, string>> {
    return { life: String(this.#lives.indexOf(life)) }
  }

  models(life: Life): ScriptedModel {
    return scriptedModel((operation, context) => this.#answer(life, operation, context))
  }

  /** Learns from the log what has completed and what was paid for: nothing of that may be asked again. */
  learn(runId: string, events: readonly RunEvent[]): void {
    for (const event of events) {
      const step = `${runId} ${event.path}`
      if (event.type === "step.failed") this.#paid.delete(step)
      if (event.type === "operation.completed") {
        const digests = this.#paid.get(step) ?? new Set()
        this.#paid.set(step, digests.add(event.data.record.requestDigest))
      }
      if (event.type === "step.started" && event.data.idempotencyKey) this.#keys.set(step, event.data.idempotencyKey)
      const isDecided = event.type === "step.resolved" && event.data.action === "complete"
      if (event.type !== "step.completed" && !isDecided) continue
      this.#completed.add(step)
      this.#completed.add(this.#keys.get(step) ?? step)
    }
  }

  tool(dice: Dice, name = `tool${dice.roll(1e6)}`) {
    const effect: Effect = dice.pick(["read", "idempotent", "unsafe"])
    const undoes = effect !== "read" && dice.chance(0.5)
    if (undoes) this.undoable.add(name)
    return tool<z.infer<typeof TEXT>, { n: number; text: string }>({
      name,
      description: "Does something.",
      input: TEXT,
      output: z.object({ n: z.number(), text: z.string() }),
      effect,
      retry: effect === "unsafe" ? { attempts: 1 } : { attempts: 4, delay: "10s" },
      run: (call) => this.#use(effect, call, call.input.text),
      ...(undoes ? { compensate: (call) => this.#undo(effect, call, call.input.text) } : {}),
    })
  }

  async #use(effect: Effect, call: ToolCall<unknown>, text: string): Promise<{ n: number; text: string }> {
    const life = this.#lifeOf(call)
    const key = call.idempotencyKey
    await this.#pause(text)
    life.moment()
    if (this.#completed.has(key)) this.broken.push(`A completed tool step ran again: ${text}`)
    this.#failAsPlanned(effect, key, text)
    const output = { n: hashed(text, 100), text: text.slice(0, 40) }
    const known = this.effects.get(key)
    if (known) known.times += 1
    else this.effects.set(key, { effect, output, times: 1 })
    if (effect === "unsafe" && known) this.broken.push(`An unsafe effect happened twice: ${text}`)
    life.moment()
    await this.#pause(`${text} after`)
    life.moment()
    return output
  }

  /** Some tools always fail, some that may be tried again fail once or twice. */
  #failAsPlanned(effect: Effect, key: string, text: string): void {
    const plan = hashed(`${this.#seed} fails ${text}`, 20)
    const failures = this.#failures.get(key) ?? 0
    const wanted = plan === 0 ? Number.POSITIVE_INFINITY : effect === "unsafe" ? 0 : plan < 4 ? plan - 1 : 0
    if (failures >= wanted) return
    this.#failures.set(key, failures + 1)
    throw new Error("The tool failed, as planned.")
  }

  /** Some are never undone, some at the second try. */
  async #undo(effect: Effect, call: ToolCall<unknown>, text: string): Promise<void> {
    const life = this.#lifeOf(call)
    const key = call.idempotencyKey
    life.moment()
    const known = this.undone.get(key)
    if (known && effect === "unsafe") this.broken.push(`What is unsafe to undo was undone twice: ${text}`)
    const entry = { times: (known?.times ?? 0) + 1, done: known?.done ?? false }
    this.undone.set(key, entry)
    const plan = hashed(`${this.#seed} undoes ${text}`, 10)
    if (plan === 0 || (plan < 3 && entry.times === 1)) throw new Error("The undoing failed, as planned.")
    entry.done = true
    await this.#pause(key)
    life.moment()
  }

  #lifeOf({ secrets }: ToolCall<unknown>): Life {
    return this.#lives[Number(secrets.life)] ?? new Life(0)
  }

  async #answer(life: Life, operation: Operation, context: OperationContext): Promise<ScriptedAnswer> {
    const step = `${context.runId} ${context.step.path}`
    await this.#pause(step)
    life.moment()
    if (this.#completed.has(step)) this.broken.push(`A completed model step was asked again: ${step}`)
    if (this.#paid.get(step)?.has(operationDigest(operation)))
      this.broken.push(`What was paid for was asked again: ${step}`)
    const answer = this.#answerOf(operation, context)
    if (!("failure" in answer)) this.spentNanoUsd += CALL_NANO_USD
    await this.#pause(`${step} after`)
    life.moment()
    return answer
  }

  #answerOf(operation: Operation, context: OperationContext): ScriptedAnswer {
    const asked = canonicalJson(operation)
    const drawn = hashed(`${this.#seed} ${asked}`, 1_000)
    if (drawn < 20 || this.#fails(drawn, context)) return DOWN
    switch (operation.type) {
      case "embed":
        return { result: { type: "embed", embeddings: operation.texts.map((text) => [hashed(text, 100), 1]) } }
      case "moderate": {
        const results = operation.texts.map((text) => ({ flagged: hashed(text, 2) === 0, scores: { odd: 0.5 } }))
        return { result: { type: "moderate", results } }
      }
      case "transcribe":
        return { result: { type: "transcribe", text: asked.slice(0, 20) } }
      default:
        return context.step.kind === "agent" ? turn(operation, drawn) : generated(operation, drawn)
    }
  }

  /** A model of a step that is tried again fails for the first time, now and then. */
  #fails(drawn: number, { runId, step }: OperationContext): boolean {
    const key = `${runId} ${step.path}`
    if (drawn > 300 || !this.flaky.has(step.name) || this.#failures.has(key)) return false
    this.#failures.set(key, 1)
    return true
  }

  /** Some calls take longer than others: so tasks overtake each other. */
  async #pause(text: string): Promise<void> {
    for (let left = hashed(`${this.#seed} pause ${text}`, 6); left > 0; left -= 1) await undefined
  }
}

function generated(operation: GenerateOperation, drawn: number): ScriptedAnswer {
  if (!operation.output) return { text: `answer ${drawn}` }
  const isLabels = operation.output.name === "labels"
  return { value: isLabels ? { tone: ["angry", "calm", "odd"][drawn % 3] ?? "odd" } : { n: drawn } }
}

/** An agent calls its tools for some turns, wrongly at times, and then answers. */
function turn(operation: GenerateOperation, drawn: number): ScriptedAnswer {
  const turns = operation.messages.filter((message) => message.role === "tool").length
  const [look, act] = operation.tools ?? []
  if (!look || !act || operation.toolChoice === "none" || turns >= drawn % 4) return { text: `answer ${drawn}` }
  const calls = [
    { name: look.name, input: { text: `look ${drawn}` } },
    { name: act.name, input: drawn % 5 === 0 ? { wrong: true } : { text: `act ${drawn}` } },
    { name: look.name, input: { text: `look again ${drawn}` } },
  ]
  return { calls: calls.slice(0, 1 + (drawn % 3)) }
}
