/**
 * Fields that several step kinds have in their config, as zod checks: TypeScript has checked them for most authors, these
 * check them for the rest and say where the error is.
 */
import { z } from "zod"
import { invalid } from "../../graph/compile.ts"
import type { StepOptions, Values } from "../../graph/node.ts"
import { parseWith, type Schema } from "../../graph/schema.ts"
import type { Tool } from "../../graph/tool.ts"

/** A closure over values of which the kind knows only what it returns. */
export type Closure<Result> = (values: Values) => Result

/** Text, or a closure that makes it. */
export type Text = string | Closure<string>

export const closure = <Result>() =>
  z.custom<Closure<Result>>((value) => typeof value === "function", "expected a function of the values")

export const text = z.union([z.string(), closure<string>()], {
  error: "expected text, or a function of the values that returns text",
})

export const schema = z.custom<Schema>((value) => value instanceof z.ZodType, "expected a zod schema")

export const duration = z.union([z.number().nonnegative(), z.string().regex(/^\d+(\.\d+)?(ms|s|m|h|d|w)$/)], {
  error: 'expected milliseconds or a duration such as "3s"',
}) as unknown as z.ZodType<import("../../lib/duration.ts").Duration>

export const toolField = z.custom<Tool>(
  (value) => typeof value === "object" && value !== null && "run" in value && "effect" in value && "input" in value,
  "expected a tool made by tool({ … })",
)

const options = z.object({
  when: closure<boolean>().optional(),
  retry: z
    .strictObject({
      attempts: z.int().positive().optional(),
      delay: duration.optional(),
      factor: z.number().positive().optional(),
      maxDelay: duration.optional(),
      jitter: z.boolean().optional(),
      on: z.array(z.string()).optional(),
    })
    .optional(),
  timeout: z.union([duration, z.strictObject({ attempt: duration.optional(), total: duration.optional() })]).optional(),
  route: z.string().optional(),
  tags: z.array(z.string()).optional(),
})

/** Splits what an author wrote into the options of every step and the config of the kind, both checked. Throws `graph_invalid`. */
export function readStep<Config>(
  name: string,
  config: z.ZodType<Config>,
  value: unknown,
): { config: Config; options: StepOptions } {
  const given = typeof value === "object" && value !== null ? value : {}
  const optionNames = Object.keys(options.shape)
  const own = Object.fromEntries(Object.entries(given).filter(([key]) => !optionNames.includes(key)))
  return { config: parseWith(config, own, "graph_invalid", name), options: readOptions(name, given) }
}

/** The options of every step alone. Throws `graph_invalid`. */
export function readOptions(name: string, value: unknown): StepOptions {
  return parseWith(options, value ?? {}, "graph_invalid", name) as StepOptions
}

/** The options of a step that only holds others. Throws `graph_invalid`, also for a retry: it belongs to the steps inside. */
export function readHolderOptions(name: string, value: unknown): StepOptions {
  const read = readOptions(name, value)
  if (read.retry)
    throw invalid(`${name}.retry`, "found a retry on a step that only holds others", "Give it to the steps inside.")
  return read
}

/** As `readStep`, for a step that only holds others. */
export function readHolder<Config>(
  name: string,
  config: z.ZodType<Config>,
  value: unknown,
): { config: Config; options: StepOptions } {
  const step = readStep(name, config, value)
  return { config: step.config, options: readHolderOptions(name, step.options) }
}

/** Text as it stands, or what its closure makes of the values. */
export function readText(source: Text, values: Values): string {
  return typeof source === "function" ? source(values) : source
}
