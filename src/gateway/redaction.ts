/**
 * Redaction: hides secrets and personal data in an operation before any provider sees it. Which detectors run is the
 * routing's; what they find is replaced by placeholders (`token`) or stops the operation (`block`).
 * Media and schemas are not looked into.
 */
import { isJsonObject, type Json, type JsonObject } from "../lib/json.ts"
import type { Message } from "../model/message.ts"
import type { GenerateOperation, Operation } from "../model/operation.ts"
import { holds } from "../routing/condition.ts"
import type { RedactConfig } from "../routing/config.ts"
import type { FieldValues } from "../routing/fields.ts"
import { apart, type Finder, findAll, findersOf, PLAIN } from "./finders.ts"
import { mapTexts, PLACEHOLDER, Placeholders } from "./placeholders.ts"

/** Something that must not be sent: what kind of thing, and where; never the thing itself. */
export interface Blocked {
  readonly detector: string
  /** Where in the operation: `messages[0].content[1].text`. */
  readonly path: string
  /** Index of the rule in the routing's `redact`. */
  readonly rule: number
}

/** Rules that apply: by their index in the routing. */
export interface RedactionPlan {
  readonly rules: readonly { readonly index: number; readonly config: RedactConfig }[]
}

export function redactionPlan(redact: readonly RedactConfig[], values: FieldValues): RedactionPlan {
  const rules = redact.map((config, index) => ({ config, index }))
  return { rules: rules.filter(({ config: { when } }) => !when || holds(when, values)) }
}

/** The rules of the plan that apply to a provider. */
export function planFor({ rules }: RedactionPlan, provider: string): RedactionPlan {
  return { rules: rules.filter(({ config }) => !config.except?.includes(provider)) }
}

export interface Redacted {
  readonly operation: Operation
  readonly placeholders: Placeholders
  readonly blocked: Blocked | undefined
  /** Hides what the plan finds in other text that goes to the same provider. */
  conceal(text: string): string
}

/** `operation` as a provider under this plan may see it. */
export function redact(operation: Operation, plan: RedactionPlan): Redacted {
  const finders = plan.rules.flatMap(({ config, index }) => findersOf(config, index))
  const redactor = new Redactor(finders)
  const hidden = finders.length === 0 ? operation : redactor.operation(operation)
  return {
    operation: hidden,
    placeholders: redactor.placeholders,
    blocked: redactor.blocked,
    conceal: (text) => (finders.length === 0 ? text : redactor.text(text, "")),
  }
}

/** Text that looks like a placeholder is hidden too, or restoring would change it. */
const LITERAL: Finder = {
  ...PLAIN,
  name: "placeholder",
  label: "LITERAL",
  hint: (text) => text.includes("[["),
  pattern: PLACEHOLDER,
  mode: "token",
  rule: -1,
}

class Redactor {
  readonly placeholders = new Placeholders()
  blocked: Blocked | undefined
  readonly #finders: readonly Finder[]

  constructor(finders: readonly Finder[]) {
    this.#finders = [...finders, LITERAL]
  }

  operation(operation: Operation): Operation {
    switch (operation.type) {
      case "generate":
        return this.#generate(operation)
      case "embed":
      case "moderate":
        return { ...operation, texts: operation.texts.map((text, index) => this.text(text, `texts[${index}]`)) }
      case "transcribe":
        return operation
    }
  }

  text(text: string, path: string): string {
    const found = findAll(text, this.#finders)
    if (found.length === 0) return text
    const block = found.find(({ finder }) => finder.mode === "block")
    if (block) this.blocked ??= { detector: block.finder.name, path, rule: block.finder.rule }
    let hidden = ""
    let at = 0
    for (const { start, end, finder } of apart(found)) {
      hidden += text.slice(at, start) + this.placeholders.hide(finder.label, text.slice(start, end))
      at = end
    }
    return hidden + text.slice(at)
  }

  #value(value: Json, path: string): Json {
    return mapTexts(value, (text) => this.text(text, path))
  }

  #generate(operation: GenerateOperation): GenerateOperation {
    const { messages, examples, template, tools, providerOptions } = operation
    return {
      ...operation,
      // First, since every turn of a conversation repeats them: so they read the same in each.
      ...(tools
        ? {
            tools: tools.map((tool, index) => ({
              ...tool,
              description: this.text(tool.description, `tools[${index}].description`),
            })),
          }
        : {}),
      messages: messages.map((message, index) => this.#message(message, `messages[${index}].content`)),
      ...(examples
        ? {
            examples: examples.map(({ input, output }, index) => ({
              input: this.text(input, `examples[${index}].input`),
              output: this.#value(output, `examples[${index}].output`),
            })),
          }
        : {}),
      ...(template === undefined ? {} : { template: this.text(template, "template") }),
      ...(providerOptions ? { providerOptions: this.#options(providerOptions) } : {}),
    }
  }

  /** Values only: the names of options are the provider's. */
  #options(options: NonNullable<GenerateOperation["providerOptions"]>): Record<string, JsonObject> {
    const hide = (value: Json, path: string): Json => {
      if (typeof value === "string") return this.text(value, path)
      if (Array.isArray(value)) return value.map((item: Json, index) => hide(item, `${path}[${index}]`))
      return isJsonObject(value) ? members(value, path) : value
    }
    const members = (object: JsonObject, path: string): JsonObject =>
      Object.fromEntries(Object.entries(object).map(([key, value]) => [key, hide(value, `${path}.${key}`)]))
    return Object.fromEntries(
      Object.entries(options).map(([provider, own]) => [provider, members(own, `providerOptions.${provider}`)]),
    )
  }

  #message(message: Message, path: string): Message {
    switch (message.role) {
      case "system":
        return { ...message, content: this.text(message.content, path) }
      case "user":
        return {
          ...message,
          content: message.content.map((part, index) =>
            part.type === "text" ? { ...part, text: this.text(part.text, `${path}[${index}].text`) } : part,
          ),
        }
      case "assistant":
        return {
          ...message,
          content: message.content.map((part, index) => this.#answerPart(part, `${path}[${index}]`)),
        }
      case "tool":
        return {
          ...message,
          content: message.content.map((part, index) => ({
            ...part,
            output: this.#value(part.output, `${path}[${index}].output`),
          })),
        }
    }
  }

  #answerPart(part: Extract<Message, { role: "assistant" }>["content"][number], path: string) {
    if (part.type === "text") return { ...part, text: this.text(part.text, `${path}.text`) }
    if (part.type === "tool-call") return { ...part, input: this.#value(part.input, `${path}.input`) }
    // Thoughts are signed by the provider as it wrote them: only what we had hidden from it may be hidden in them.
    return { ...part, text: this.placeholders.hideKnown(part.text) }
  }
}
