/** Each tidy rule, tried on trees in memory: one that keeps it, and one for each way to break it. */
import { describe, expect, it } from "vitest"
import { circleProblems } from "./circles.ts"
import { errorCodeProblems } from "./error-codes.ts"
import { floorProblems } from "./floors.ts"
import { openSetProblems } from "./open-sets.ts"
import { barrelProblems, escapeProblems, headerProblems, sizeProblems } from "./shape.ts"
import { showProblem, sourceTree } from "./source-file.ts"
import { wordProblems } from "./words.ts"

/** The problems of a rule on a tree, as `path:line`, so that a test says where and not in which words. */
function places(
  rule: (files: ReturnType<typeof sourceTree>) => ReturnType<typeof floorProblems>,
  files: Record<string, string>,
) {
  return rule(sourceTree(files)).map(({ path, line }) => `${path}:${line}`)
}

describe("floors", () => {
  it("lets imports go down", () => {
    const files = {
      "src/run/a.ts": 'import { b } from "../lib/b.ts"\nimport type { C } from "./c.ts"',
      "src/index.ts": 'import "./api/app.ts"',
    }
    expect(places(floorProblems, files)).toEqual([])
  })

  it.each([
    ["up", 'import { x } from "../engine/x.ts"'],
    ["sideways", 'import { x } from "../model/x.ts"'],
    ["by type", 'import type { X } from "../engine/x.ts"'],
    ["by an inline type", 'type X = import("../engine/x.ts").X'],
    ["by typeof", 'let x: typeof import("../engine/x.ts")'],
    ["by re-export", 'export { x } from "../engine/x.ts"'],
    ["dynamically", 'const x = await import("../engine/x.ts")'],
    ["by require", 'const x = require("../engine/x.ts")'],
    ["to the roof", 'import { x } from "../public.ts"'],
    ["to the authors' door", 'import { x } from "waybill"'],
    ["out of src", 'import { x } from "../../workflows/index.ts"'],
    ["to a folder beside the floors", 'import { x } from "../local/x.ts"'],
  ])("finds an import that goes %s", (_way, line) => {
    expect(places(floorProblems, { "src/graph/a.ts": `/** a */\n${line}` })).toEqual(["src/graph/a.ts:2"])
  })

  it("lets only the top name the platform, and providers the models half of agents", () => {
    const text =
      'import { DurableObject } from "cloudflare:workers"\nimport { Agent } from "agents"\nimport { createAI } from "agents/models/ai-sdk"'
    expect(places(floorProblems, { "src/objects/a.ts": text, "src/api/b.ts": text, "src/index.ts": text })).toEqual([])
    expect(places(floorProblems, { "src/providers/a.ts": text })).toEqual([
      "src/providers/a.ts:1",
      "src/providers/a.ts:2",
    ])
    expect(places(floorProblems, { "src/engine/a.ts": text })).toHaveLength(3)
  })

  it("keeps the command line away from the engine", () => {
    const files = { "src/cli/a.ts": 'import { x } from "../run/x.ts"\nimport { y } from "../engine/y.ts"' }
    expect(places(floorProblems, files)).toEqual(["src/cli/a.ts:2"])
  })

  it("wants a floor for every folder, and nothing loose in src", () => {
    expect(places(floorProblems, { "src/misc/a.ts": "", "src/util.ts": "" })).toEqual([
      "src/misc/a.ts:1",
      "src/util.ts:1",
    ])
  })

  it("says what was found and what to do", () => {
    const [problem] = floorProblems(sourceTree({ "src/graph/a.ts": 'import { x } from "../engine/x.ts"' })).map(
      showProblem,
    )
    expect(problem).toBe(
      "src/graph/a.ts:1: src/graph (floor 1) imports src/engine/x.ts (floor 5); it may import only lib. " +
        "Take what you need as a parameter, or move the shared part to a lower floor.",
    )
  })
})

it("says where a file cannot be read", () => {
  expect(() => sourceTree({ "src/a.ts": "const a = 1\nconst = 2" })).toThrow("src/a.ts:2: cannot be parsed:")
})

describe("circles", () => {
  it("accepts a diamond", () => {
    const files = {
      "a.ts": 'import "./b.ts"\nimport "./c.ts"',
      "b.ts": 'import "./d.ts"',
      "c.ts": 'import "./d.ts"',
      "d.ts": "",
    }
    expect(places(circleProblems, files)).toEqual([])
  })

  it("names the whole circle, type imports included", () => {
    const files = sourceTree({
      "a.ts": 'import "./b.ts"',
      "b.ts": '\nimport type { C } from "./c.ts"',
      "c.ts": 'export * from "./b.ts"',
    })
    expect(circleProblems(files).map(showProblem)).toEqual([
      "c.ts:1: closes an import circle: b.ts → c.ts → b.ts. Move what both need into a file of its own.",
    ])
  })

  it("finds a file that imports itself", () => {
    expect(places(circleProblems, { "a.ts": 'import { a } from "./a.ts"' })).toEqual(["a.ts:1"])
  })
})

describe("size", () => {
  const lines = (count: number, text = "// line") => Array.from({ length: count }, () => text).join("\n")

  it("allows 300 lines and 60 lines", () => {
    expect(places(sizeProblems, { "a.ts": `${lines(300)}\n`, "b.ts": `function f() {\n${lines(58)}\n}` })).toEqual([])
  })

  it("finds the file of 301 lines", () => {
    expect(places(sizeProblems, { "a.ts": lines(301) })).toEqual(["a.ts:301"])
  })

  it.each(["function f() {", "const f = () => {", "class A { m() {", "const o = { get m() {", "it('t', async () => {"])(
    "finds 61 lines in %s",
    (opening) => {
      const closing =
        { A: "}}", o: "}}", i: "})" }[
          opening
            .match(/class (A)|const (o)|^(i)t/)
            ?.slice(1)
            .find(Boolean) ?? ""
        ] ?? "}"
      expect(places(sizeProblems, { "a.ts": `\n${opening}\n${lines(59)}\n${closing}` })).toEqual(["a.ts:2"])
    },
  )

  it("reads describe blocks as tables of contents, but not what is in them", () => {
    expect(places(sizeProblems, { "a.ts": `describe.skipIf(true)("d", () => {\n${lines(80)}\n})` })).toEqual([])
    expect(places(sizeProblems, { "a.ts": `export function describeStore() {\n${lines(80)}\n}` })).toEqual([])
    expect(places(sizeProblems, { "a.ts": `describe("d", () => {\nit("t", () => {\n${lines(80)}\n})\n})` })).toEqual([
      "a.ts:2",
    ])
  })
})

describe("headers", () => {
  it.each([
    ["imports", '/** Owns a. */\nimport "./b.ts"\n'],
    ["an empty line", "/** Owns a. */\n\nexport const a = 1\n"],
    ["a shebang before it", "#!/usr/bin/env node\n/** Owns a. */\n\nexport const a = 1\n"],
  ])("accepts a comment with %s", (_what, text) => {
    expect(places(headerProblems, { "src/lib/a.ts": text })).toEqual([])
  })

  it.each([
    ["nothing", "export const a = 1"],
    ["the doc comment of its first export", "/** What a is. */\nexport const a = 1"],
    ["a comment below the imports", 'import "./b.ts"\n/** Owns a. */\n\nexport const a = 1'],
  ])("is not content with %s", (_what, text) => {
    expect(places(headerProblems, { "src/lib/a.ts": text })).toEqual(["src/lib/a.ts:1"])
  })
})

describe("escapes", () => {
  it("finds any, and the comments that switch the checker off", () => {
    const text =
      "let a: any\nlet b = a as any\nfunction f<T = any>() {}\n// @ts-ignore\n/* @ts-nocheck */\n// @ts-expect-error because"
    expect(places(escapeProblems, { "src/a.ts": text })).toEqual([1, 2, 3, 4, 5, 6].map((line) => `src/a.ts:${line}`))
  })

  it("lets a test expect an error, and prose say the word", () => {
    const text =
      '// @ts-expect-error a misspelt step\nexpect("any").toBe("any") // any of them; @ts-ignore is not begun with'
    expect(places(escapeProblems, { "test/a.test-d.ts": text })).toEqual([])
  })
})

describe("barrels", () => {
  it("lets only the doors re-export, and nobody export everything", () => {
    const text = 'export { a } from "./a.ts"\nexport * from "./b.ts"'
    expect(places(barrelProblems, { "src/public.ts": text, "src/steps/index.ts": text })).toEqual([
      "src/public.ts:2",
      "src/steps/index.ts:2",
    ])
    expect(places(barrelProblems, { "src/engine/index.ts": text })).toEqual([
      "src/engine/index.ts:1",
      "src/engine/index.ts:2",
    ])
  })
})

describe("open sets", () => {
  const contract = { "src/steps/step-kind.ts": "export interface StepKind { kind: string }" }
  const plan = { "src/steps/plan.ts": 'import type { StepKind } from "./step-kind.ts"\nexport const plan = 1' }
  const index = {
    "src/steps/index.ts": 'import { plan } from "./plan.ts"\nimport type { StepKind } from "./step-kind.ts"',
  }

  it("accepts a contract, a member and its entry", () => {
    expect(places(openSetProblems, { ...contract, ...plan, ...index })).toEqual([])
  })

  it("finds a member without an entry", () => {
    const files = {
      ...contract,
      ...plan,
      ...index,
      "src/steps/tool.ts": 'import type { StepKind } from "./step-kind.ts"',
    }
    expect(places(openSetProblems, files)).toEqual(["src/steps/tool.ts:1"])
  })

  it("finds a member that imports a member", () => {
    const tool = { "src/steps/tool.ts": '/** t */\nimport { plan } from "./plan.ts"' }
    const both = { "src/steps/index.ts": 'import { plan } from "./plan.ts"\nimport { tool } from "./tool.ts"' }
    expect(places(openSetProblems, { ...plan, ...contract, ...tool, ...both })).toEqual(["src/steps/tool.ts:2"])
  })

  it("wants an index", () => {
    expect(places(openSetProblems, plan)).toEqual(["src/steps:1"])
  })
})

describe("error codes", () => {
  const table =
    'export const ERROR_CODES = {\n  lost: { status: 500 },\n  "too_long": { status: 422 },\n} as const satisfies Table'

  it("accepts codes that are listed and raised", () => {
    const files = {
      "src/lib/error-codes.ts": table,
      "src/run/a.ts": 'throw new WaybillError("lost", "m"); problem({ code: "too_long" })',
    }
    expect(places(errorCodeProblems, files)).toEqual([])
  })

  it("finds a code that nobody raises, and one that is not listed; a test is no excuse", () => {
    const files = {
      "src/lib/error-codes.ts": table,
      "src/run/a.ts": '\nthrow new WaybillError("lots", "m")',
      "test/a.test.ts": 'expect(code).toBe("lost")',
      "workflows/a.ts": 'fail("too_long")',
    }
    expect(places(errorCodeProblems, files)).toEqual(["src/lib/error-codes.ts:2", "src/run/a.ts:2"])
  })

  it("wants the table", () => {
    expect(places(errorCodeProblems, {})).toEqual(["src/lib/error-codes.ts:1"])
  })
})

describe("words", () => {
  it.each([
    `https:/${["", "registry"].join("/")}.npmjs.org/x`,
    ["see http://deb", "debian", "org"].join("."),
    ["", "root", "project"].join("/"),
    `in "${["", "home", "ada", "project"].join("/")}"`,
  ])("finds %s", (word) => {
    expect(wordProblems(new Map([["a.md", `fine\n${word}`]])).map(showProblem)).toEqual([
      expect.stringMatching(/^a\.md:2: /),
    ])
  })

  it("accepts relative paths and other hosts", () => {
    expect(wordProblems(new Map([["a.md", "test/home/x, ./root/x, https://example.com/home/"]]))).toEqual([])
  })
})
