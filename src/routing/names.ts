/**
 * Checks the names in a routing configuration against each other: aliases, models, routes, placeholders, providers.
 * All issues are found, each with its path; nothing is changed.
 */
import type { RoutingConfig } from "./config.ts"
import { FIELDS, isFieldName, placeholders } from "./fields.ts"
import { pathText, type RoutingIssue } from "./schema.ts"

/** Step kinds that make operations: what a route's name usually is. */
export const MODEL_STEP_KINDS = [
  "vision",
  "classify",
  "plan",
  "generate",
  "moderate",
  "embed",
  "transcribe",
  "agent",
] as const

type Path = readonly (string | number)[]
type Report = (path: Path, message: string) => void

/** Every name that leads nowhere. `providers`: the provider ids that exist, when the caller knows them. */
export function checkNames(config: RoutingConfig, providers: readonly string[] | undefined): RoutingIssue[] {
  const issues: RoutingIssue[] = []
  const report: Report = (path, message) => issues.push({ path: pathText(path), message })
  const aliases = Object.keys(config.models ?? {})
  const model = (ref: string, path: Path) => checkModel(ref, path, aliases, providers, report)

  for (const [alias, entry] of Object.entries(config.models ?? {})) {
    if (alias.includes("/")) report(["models", alias], "an alias must not contain a slash")
    if (typeof entry === "string") model(entry, ["models", alias])
    else model(entry.model, ["models", alias, "model"])
  }
  for (const [name, route] of Object.entries(config.routes)) {
    checkRouteName(name, report)
    route.try.forEach((entry, index) => {
      const path = ["routes", name, "try", index]
      if (typeof entry === "string") model(entry, path)
      else model(entry.model, [...path, "model"])
    })
    checkSplit(route.split?.arms, ["routes", name, "split", "arms"], model, report)
  }
  config.rules?.forEach((rule, index) => {
    const path = ["rules", index]
    if (!rule.require && rule.use === undefined) report(path, "does nothing: expected `require` or `use`")
    each(rule.use, [...path, "use"], model)
    each(rule.require?.region, [...path, "require", "region"], (text, at) => checkPlaceholders(text, at, report))
    each(rule.require?.provider, [...path, "require", "provider"], (id, at) => checkProvider(id, at, providers, report))
  })
  config.redact?.forEach((rule, index) => {
    if (!rule.detect?.length && Object.keys(rule.patterns ?? {}).length === 0)
      report(["redact", index], "finds nothing: expected `detect` or `patterns`")
    each(rule.except, ["redact", index, "except"], (id, at) => checkProvider(id, at, providers, report))
  })
  config.budgets?.forEach((budget, index) => {
    checkPlaceholders(budget.bucket, ["budgets", index, "bucket"], report)
    if (budget.onExceed !== "reject") model(budget.onExceed.use, ["budgets", index, "onExceed", "use"])
  })
  config.limits?.forEach((limit, index) => {
    checkPlaceholders(limit.bucket, ["limits", index, "bucket"], report)
    if (limit.requests === undefined && limit.tokens === undefined)
      report(["limits", index], "limits nothing: expected `requests` or `tokens`")
  })
  for (const id of Object.keys(config.providers ?? {})) checkProvider(id, ["providers", id], providers, report)
  return issues
}

function each(value: string | readonly string[] | undefined, path: Path, check: (item: string, path: Path) => void) {
  if (typeof value === "string") check(value, path)
  else for (const [index, item] of value?.entries() ?? []) check(item, [...path, index])
}

function checkModel(
  ref: string,
  path: Path,
  aliases: readonly string[],
  providers: readonly string[] | undefined,
  report: Report,
) {
  const slash = ref.indexOf("/")
  if (slash < 0) {
    if (aliases.includes(ref)) return
    report(
      path,
      `unknown model ${quote(ref)}${meant(ref, aliases)}; expected an alias under models or "provider/model"`,
    )
  } else if (slash === 0 || slash === ref.length - 1) {
    report(path, `found ${quote(ref)}, expected "provider/model"`)
  } else checkProvider(ref.slice(0, slash), path, providers, report)
}

function checkProvider(id: string, path: Path, providers: readonly string[] | undefined, report: Report) {
  if (!providers || providers.includes(id)) return
  report(path, `unknown provider ${quote(id)}${meant(id, providers)}; providers: ${providers.join(", ")}`)
}

/** Own route names are free, so only one that is nearly a step kind is taken for a slip. */
function checkRouteName(name: string, report: Report) {
  if (/^[\w-]+\.[\w.[\]-]+$/.test(name)) return
  if (!/^[\w-]+$/.test(name))
    report(["routes", name], 'expected a step kind, "<workflow>.<step>", "default" or a plain name')
  const known: readonly string[] = [...MODEL_STEP_KINDS, "default"]
  if (!known.includes(name) && meant(name, known))
    report(["routes", name], `unknown step kind ${quote(name)}${meant(name, known)}`)
}

function checkSplit(
  arms: Readonly<Record<string, number | undefined>> | undefined,
  path: Path,
  model: (ref: string, path: Path) => void,
  report: Report,
) {
  if (!arms) return
  for (const ref of Object.keys(arms)) model(ref, [...path, ref])
  if (!Object.values(arms).some((weight) => weight !== undefined && weight > 0))
    report(path, "expected at least one arm with a weight above zero")
}

function checkPlaceholders(text: string, path: Path, report: Report) {
  for (const name of placeholders(text))
    if (!isFieldName(name)) report(path, `unknown field {${name}}${meant(name, Object.keys(FIELDS))}`)
}

function quote(text: string): string {
  return JSON.stringify(text)
}

/** `, did you mean "plan"?` when a known name is at most two edits away. */
function meant(found: string, known: readonly string[]): string {
  const near = known.find((name) => found.length > 2 && edits(found, name) <= 2)
  return near === undefined ? "" : `, did you mean ${quote(near)}?`
}

/** Levenshtein distance. */
function edits(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= right.length; j += 1) {
      const replace = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1)
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[right.length] ?? 0
}
