/**
 * SPEC.md and the tests hold each other up: every rule is named by the title of at least one test that runs, and every
 * rule that a title names is written down, once.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import {
  asNode,
  lineAt,
  type Node,
  readSources,
  type SourceFile,
  sourceTree,
  stringValue,
  walk,
} from "./tidy/source-file.ts"

const ROOT = join(import.meta.dirname, "..")

describe("SPEC.md", () => {
  const rules = specRules(readFileSync(join(ROOT, "SPEC.md"), "utf8"))
  const named = namedRules(readSources(ROOT, ["test"]).filter(({ path }) => path !== "test/spec.test.ts"))

  it("numbers each rule once", () => {
    expect(duplicates(rules)).toEqual([])
  })

  it("has no rule without a test", () => {
    expect(untested(rules, named)).toEqual([])
  })

  it("holds every rule that a test names", () => {
    expect(unwritten(rules, named)).toEqual([])
  })
})

describe("the check itself", () => {
  const rules = specRules("# Spec\n## RUN\n- **[RUN1]** One.\n- [RUN2] Two, unlike [RUN1].\n- [RUN2] Again.\n")

  it("reads rules where a line begins with one, and sees a number used twice", () => {
    expect(rules.map(({ rule, line }) => `${rule}:${line}`)).toEqual(["RUN1:3", "RUN2:4", "RUN2:5"])
    expect(duplicates(rules)).toEqual(["SPEC.md:5: [RUN2] is already on line 4. Give it a number of its own."])
  })

  it("counts titles of tests that run, wherever they are nested, and no others", () => {
    const text = [
      'it("[RUN1] [RUN3] holds", () => {})',
      'describe("[RUN4] a group", () => { test.each([1])(`[RUN5] is %s`, () => {}) })',
      `it(\`[RUN10] on \${store}\`, () => {})`,
      'it.skip("[RUN6] later", () => {})',
      'it.todo("[RUN7] later")',
      'expect("[RUN8]").toBe(1)',
      'it.skipIf(process.platform === "win32")("[RUN9] holds", () => {})',
    ].join("\n")
    const named = namedRules(sourceTree({ "test/a.test.ts": text }))
    expect([...named.keys()].sort()).toEqual(["RUN1", "RUN10", "RUN3", "RUN4", "RUN5", "RUN9"])
    expect(named.get("RUN5")).toBe("test/a.test.ts:2")
  })

  it("sees a rule without a test, and a title without a rule", () => {
    const named = new Map([
      ["RUN1", "test/a.test.ts:1"],
      ["RUN9", "test/a.test.ts:2"],
    ])
    expect(untested(rules.slice(0, 2), named)).toEqual([
      "SPEC.md:4: no test names [RUN2]. Put it in the title of the test that holds it.",
    ])
    expect(unwritten(rules, named)).toEqual([
      "test/a.test.ts:2: [RUN9] is not in SPEC.md. Write the rule down, or correct the title.",
    ])
  })
})

interface Rule {
  readonly rule: string
  readonly line: number
}

/** A rule stands where a line, or a list item, begins with `[AREA1]`. Elsewhere it is a reference to one. */
function specRules(spec: string): Rule[] {
  return spec.split("\n").flatMap((text, index) => {
    const [, rule] = text.match(/^\s*(?:[-*]\s+)?(?:\*\*)?\[([A-Z]+\d+)\]/) ?? []
    return rule === undefined ? [] : [{ rule, line: index + 1 }]
  })
}

/** Rule → where it is first named by the title of a test or of a group of tests. */
function namedRules(files: readonly SourceFile[]): Map<string, string> {
  const named = new Map<string, string>()
  for (const file of files) {
    for (const { node } of walk(file.program)) {
      for (const [, rule = ""] of title(node).matchAll(/\[([A-Z]+\d+)\]/g)) {
        if (!named.has(rule)) named.set(rule, `${file.path}:${lineAt(file.text, node.start)}`)
      }
    }
  }
  return named
}

/** The title of `it("…")`, `test.each(…)("…")`, `describe.skipIf(…)("…")`; empty for one that never runs. */
function title(node: Node): string {
  if (node.type !== "CallExpression" || !Array.isArray(node.arguments)) return ""
  const words: unknown[] = []
  let callee = asNode(node.callee)
  while (callee?.type === "MemberExpression" || callee?.type === "CallExpression") {
    words.push(asNode(callee.property)?.name)
    callee = asNode(callee.type === "MemberExpression" ? callee.object : callee.callee)
  }
  const runs = !words.includes("skip") && !words.includes("todo")
  const isTest = callee?.name === "it" || callee?.name === "test" || callee?.name === "describe"
  return isTest && runs ? literalText(node.arguments[0]) : ""
}

/** The text of a string or template, without what fills a template's holes. */
function literalText(value: unknown): string {
  const node = asNode(value)
  if (node?.type !== "TemplateLiteral" || !Array.isArray(node.quasis)) return stringValue(node) ?? ""
  return node.quasis.map((quasi) => String(quasi?.value?.raw)).join("")
}

function duplicates(rules: readonly Rule[]): string[] {
  return rules.flatMap(({ rule, line }, index) => {
    const first = rules.slice(0, index).find((other) => other.rule === rule)
    return first ? [`SPEC.md:${line}: [${rule}] is already on line ${first.line}. Give it a number of its own.`] : []
  })
}

function untested(rules: readonly Rule[], named: ReadonlyMap<string, string>): string[] {
  return rules
    .filter(({ rule }) => !named.has(rule))
    .map(({ rule, line }) => `SPEC.md:${line}: no test names [${rule}]. Put it in the title of the test that holds it.`)
}

function unwritten(rules: readonly Rule[], named: ReadonlyMap<string, string>): string[] {
  return [...named]
    .filter(([name]) => !rules.some(({ rule }) => rule === name))
    .map(([name, place]) => `${place}: [${name}] is not in SPEC.md. Write the rule down, or correct the title.`)
}
