/**
 * The shape of a routing configuration at run time: strict objects, so that an unknown key is an error with its path.
 * Only shapes are checked here; names that refer to other parts of the configuration are `compile.ts`'s business.
 */
import { z } from "zod"
import { type Duration, durationMs } from "../lib/duration.ts"
import { isJsonObject, type JsonObject } from "../lib/json.ts"
import { unsafeRegexReason } from "../lib/safe-regex.ts"
import type { Condition } from "./condition.ts"
import type { RoutingConfig } from "./config.ts"
import { DETECTOR_NAMES } from "./detectors.ts"
import { FIELDS, type FieldName, isFieldName } from "./fields.ts"

const name = z.string().min(1).max(200)
const count = z.int().min(1).max(100)
const positive = z.number().positive()
const price = z.number().min(0)
const oneOrMore = z.union([name, z.array(name).min(1)])

const duration = z.custom<Duration>().check((context) => {
  try {
    durationMs(context.value)
  } catch {
    context.issues.push({
      code: "custom",
      input: context.value,
      message: `expected a duration such as "3s", found ${JSON.stringify(context.value)}`,
    })
  }
})

const pattern = z.string().check((context) => {
  const reason = unsafeRegexReason(context.value)
  if (reason) context.issues.push({ code: "custom", input: context.value, message: reason })
})

const modelId = z.templateLiteral([z.string().min(1), "/", z.string().min(1)])
const scalar = { text: z.string(), number: z.number(), boolean: z.boolean(), list: z.string() }

function fieldTest(kind: keyof typeof scalar) {
  const value = scalar[kind]
  const nullable = value.nullable()
  const values = z.array(nullable)
  const operators = z.strictObject({
    $eq: nullable.exactOptional(),
    $ne: nullable.exactOptional(),
    $gt: value.exactOptional(),
    $gte: value.exactOptional(),
    $lt: value.exactOptional(),
    $lte: value.exactOptional(),
    $in: values.exactOptional(),
    $nin: values.exactOptional(),
    $regex: pattern.exactOptional(),
  })
  return z.union([nullable, operators]).exactOptional()
}

const condition: z.ZodType<Condition> = z.lazy(() =>
  z.strictObject({
    ...Object.fromEntries(
      Object.keys(FIELDS)
        .filter(isFieldName)
        .map((field) => [field, fieldTest(FIELDS[field])]),
    ),
    all: z.array(condition).min(1).exactOptional(),
    any: z.array(condition).min(1).exactOptional(),
    not: condition.exactOptional(),
  }),
)

const field = z.custom<FieldName>((value) => typeof value === "string" && isFieldName(value), {
  error: (issue) => `unknown field ${JSON.stringify(issue.input)}; fields: ${Object.keys(FIELDS).join(", ")}`,
})

const modelConfig = z.strictObject({
  model: modelId,
  region: oneOrMore.exactOptional(),
  price: z
    .strictObject({
      input: price,
      output: price,
      cacheRead: price.exactOptional(),
      cacheWrite: price.exactOptional(),
    })
    .exactOptional(),
  maxOutputTokens: z.int().positive().exactOptional(),
  temperature: z.number().min(0).max(2).exactOptional(),
  reasoningEffort: z.enum(["none", "low", "medium", "high"]).exactOptional(),
  options: z.custom<JsonObject>(isJsonObject, { error: "expected an object" }).exactOptional(),
})

const candidate = z.strictObject({
  model: name,
  attempts: count.exactOptional(),
  when: condition.exactOptional(),
})

const timeout = z.union([
  duration,
  z.strictObject({
    firstToken: duration.exactOptional(),
    idle: duration.exactOptional(),
    attempt: duration.exactOptional(),
    total: duration.exactOptional(),
  }),
])

const route = z.strictObject({
  try: z.array(z.union([name, candidate])).min(1),
  timeout: timeout.exactOptional(),
  cache: duration.exactOptional(),
  onInvalid: z.array(z.enum(["repair", "reask", "next"])).exactOptional(),
  onRefusal: z.enum(["next", "stop"]).exactOptional(),
  attempts: count.exactOptional(),
  backoff: z
    .strictObject({
      delay: duration.exactOptional(),
      factor: z.number().min(1).max(10).exactOptional(),
      maxDelay: duration.exactOptional(),
    })
    .exactOptional(),
  hedge: z.strictObject({ after: duration, max: z.int().min(2).max(5).exactOptional() }).exactOptional(),
  split: z.strictObject({ experiment: name, by: field, arms: z.record(z.string(), z.number().min(0)) }).exactOptional(),
  prefer: z.enum(["price", "latency"]).exactOptional(),
  maxUsd: positive.exactOptional(),
})

const rule = z.strictObject({
  when: condition.exactOptional(),
  require: z.strictObject({ region: oneOrMore.exactOptional(), provider: oneOrMore.exactOptional() }).exactOptional(),
  use: oneOrMore.exactOptional(),
})

const redact = z.strictObject({
  detect: z.array(z.enum(DETECTOR_NAMES)).exactOptional(),
  patterns: z.record(z.string(), pattern).exactOptional(),
  mode: z.enum(["token", "block"]),
  when: condition.exactOptional(),
  except: z.array(name).exactOptional(),
})

const budget = z.strictObject({
  bucket: name,
  usd: positive,
  per: z.enum(["run", "hour", "day", "month"]),
  onExceed: z.union([z.literal("reject"), z.strictObject({ use: name })]),
})

const limit = z.strictObject({
  bucket: name,
  requests: z.int().positive().exactOptional(),
  tokens: z.int().positive().exactOptional(),
  per: z.enum(["second", "minute", "hour", "day"]),
})

const provider = z.strictObject({
  via: z.literal("ai-gateway").exactOptional(),
  gateway: name.exactOptional(),
  custom: name.exactOptional(),
  baseUrl: z.url({ protocol: /^https?$/ }).exactOptional(),
  headers: z.record(z.string(), z.string()).exactOptional(),
  region: oneOrMore.exactOptional(),
})

export const routingSchema = z.strictObject({
  models: z.record(z.string(), z.union([modelId, modelConfig])).exactOptional(),
  routes: z.record(z.string(), route),
  rules: z.array(rule).exactOptional(),
  redact: z.array(redact).exactOptional(),
  budgets: z.array(budget).exactOptional(),
  limits: z.array(limit).exactOptional(),
  providers: z.record(z.string(), provider).exactOptional(),
  media: z.strictObject({ pdf: z.enum(["native", "text"]).exactOptional() }).exactOptional(),
  breaker: z.strictObject({ failures: count.exactOptional(), cooldown: duration.exactOptional() }).exactOptional(),
})

/** One thing that is wrong, and where: `routes.plan.try[1].model`. */
export interface RoutingIssue {
  readonly path: string
  readonly message: string
}

/** The configuration, or all that is wrong with its shape. */
export function parseShape(source: unknown): { config: RoutingConfig } | { issues: RoutingIssue[] } {
  const parsed = routingSchema.safeParse(source)
  // Refs are plain texts here and template types there; `compile.ts` resolves every one of them.
  if (parsed.success) return { config: parsed.data as RoutingConfig }
  return { issues: parsed.error.issues.flatMap((issue) => flatten(issue, [])) }
}

type Issue = z.core.$ZodIssue

/** A union's issue is that of the branch that came furthest; an unknown key is an issue at the key itself. */
function flatten(issue: Issue, prefix: PropertyKey[]): RoutingIssue[] {
  const path = [...prefix, ...issue.path]
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({ path: pathText([...path, key]), message: "unknown key" }))
  if (issue.code === "invalid_union") {
    const deepest = issue.errors.find((branch) =>
      branch.some((inner) => inner.path.length > 0 || inner.code === "unrecognized_keys"),
    )
    if (deepest) return deepest.flatMap((inner) => flatten(inner, path))
    const expected = issue.errors.flatMap((branch) =>
      branch.map((inner) => inner.message.replace(/^Invalid input: /, "")),
    )
    return [{ path: pathText(path), message: [...new Set(expected)].join("; or ") }]
  }
  return [{ path: pathText(path), message: issue.message }]
}

/** `["routes", "plan", "try", 1]` as `routes.plan.try[1]`; members with dots are quoted, as in `routes["refund.reply"]`. */
export function pathText(path: readonly PropertyKey[]): string {
  let text = ""
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`
    else if (/^[\w$-]+$/.test(String(part))) text += `${text ? "." : ""}${String(part)}`
    else text += `[${JSON.stringify(String(part))}]`
  }
  return text || "routing"
}
