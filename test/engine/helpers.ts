/** What the tests of the engine share: small tools that count, runs that can be killed, and readable logs. */
import { type Effect, type Tool, type ToolCall, tool, type Workflow } from "waybill"
import { createRun, scriptedModel, type TestRun, type TestRunOptions } from "waybill/testing"
import { z } from "zod"
import type { RunEvent } from "../../src/run/event.ts"
import { MemoryEventStore } from "../../src/store/memory-event-store.ts"
import { Life, mortalStore } from "../support/mortal.ts"

export const NOTHING = z.object({})
export const noModels = scriptedModel({})

export interface CountingTool {
  readonly tool: Tool<unknown, { n: number }>
  readonly calls: ToolCall<unknown>[]
}

/** A tool that gives the number of its call, after doing what `run` does. */
export function counting(
  effect: Effect = "idempotent",
  run: (call: ToolCall<unknown>, n: number) => unknown = () => undefined,
  more: Partial<Pick<Tool<unknown, { n: number }>, "timeout" | "compensate" | "retry" | "name">> = {},
): CountingTool {
  const calls: ToolCall<unknown>[] = []
  const made = tool<unknown, { n: number }>({
    name: "count",
    description: "Counts.",
    input: z.unknown(),
    output: z.object({ n: z.number() }),
    effect,
    ...more,
    async run(call) {
      const n = calls.push(call)
      await run(call, n)
      return { n }
    },
  })
  return { tool: made, calls }
}

export interface MortalRun extends TestRun {
  /** Ends the process that this run lives in; the log stays. */
  kill(): void
  /** A new process on the same log. */
  revive(options?: Partial<TestRunOptions> & { readonly workflow?: Workflow }): Promise<MortalRun>
}

/** A run whose process can be killed and made anew. */
export async function mortalRun(
  workflow: Workflow,
  input: unknown,
  options: Partial<TestRunOptions> = {},
): Promise<MortalRun> {
  const inner = options.store ?? new MemoryEventStore()
  const life = new Life()
  const run = await createRun(workflow, input, { models: noModels, ...options, store: mortalStore(inner, life) })
  const { clock, blobs, children } = run
  return Object.assign(Object.create(run) as TestRun, {
    store: inner,
    kill: () => life.end(),
    revive({ workflow: changed = workflow, ...more } = {}) {
      life.end()
      return mortalRun(changed, input, { clock, blobs, children, ...options, ...more, store: inner })
    },
  }) as MortalRun
}

/** The log as lines: `step.started pay`, without what is not asked for. */
export function lines(events: readonly RunEvent[], only?: string): string[] {
  return events
    .filter((event) => only === undefined || event.path === only)
    .map((event) => (only === undefined ? `${event.type} ${event.path}`.trim() : `${event.type} ${event.attempt}`))
}

/** A promise and the functions that end it. */
export function deferred<Value = void>() {
  return Promise.withResolvers<Value>()
}

/** Resolves when `condition` holds, tried after everything that is ready to run has run. */
export async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1_000; turn += 1) {
    if (condition()) return
    await new Promise((resolve) => setImmediate(resolve))
  }
  throw new Error("What the test waited for did not happen.")
}
