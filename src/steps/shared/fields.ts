/**
 * Fields that several step kinds have in their config, as zod checks: TypeScript has checked them for most authors, these
 * check them for the rest and say where the error is.
 */
import { z } from "zod"
import { duration, retry, schema } from "../../graph/checks.ts"
import { invalid } from "../../graph/compile.ts"
import type { StepOptions, Values } from "../../graph/node.ts"
import { parseWith } from "../../graph/schema.ts"
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

const toolShape = z.strictObject({
  name: z.string().min(1),
  description: z.string(),
  input: schema,
  output: schema,
  effect: z.enum(["read", "idempotent", "unsafe"]),
  retry: retry.optional(),
  timeout: duration.optional(),
  run: closure<unknown>(),
  compensate: closure<unknown>().optional(),
})

/** A tool, as it is: a part that is wrong, and a part that is none, would change what is promised of its effect. */
export const toolField = z.custom<Tool>().superRefine((value, context) => {
  if (typeof value !== "object" || value === null || !("run" in value))
    return context.addIssue({ code: "custom", message: "expected a tool made by tool({ … })" })
  for (const { path, message } of toolShape.safeParse(value).error?.issues ?? [])
    context.addIssue({ code: "custom", path: [...path], message })
})

const options = z.strictObject({
  when: closure<boolean>().optional(),
  retry: retry.optional(),
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
  const given = Object.entries(typeof value === "object" && value !== null ? value : {})
  const [common, own] = [true, false].map((isOption) =>
    Object.fromEntries(given.filter(([key]) => key in options.shape === isOption)),
  )
  return { config: parseWith(config, own, "graph_invalid", name), options: readOptions(name, common) }
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
