/**
 * Which models turned out not to take a JSON Schema, whatever their provider takes: they are asked in words from then on.
 * One operation learns it for the next, in this isolate.
 */
import { sha256 } from "../lib/digest.ts"
import { canonicalJson } from "../lib/json.ts"
import type { Failure } from "../model/failure.ts"
import type { JsonSchema, Operation } from "../model/operation.ts"
import type { Capabilities } from "../providers/provider.ts"
import type { CompiledModel } from "../routing/compiled.ts"

export interface SchemaSupport {
  /** `wired`, corrected by what was learnt about the model and the operation's schema. */
  corrected(wired: Capabilities, model: CompiledModel, operation: Operation): Capabilities
  /** Whether an attempt that sent the schema as such failed because of it. If so, that is remembered. */
  refused(model: CompiledModel, operation: Operation, failure: Failure): boolean
}

/** The part of a request that says which shape the answer has, as providers' errors call it. */
const SCHEMA_PART =
  /response_?(?:format|schema|mime_?type)|response mime type|json[_ -]?(?:schema|mode)|structured[_ ]?outputs?|output_(?:config|format|schema)|text\.format|guided[_ ]|grammar/i
/** Some wires send a schema as a tool that must be called. */
const TOOL_PART = /\btools?\b|tool[_ ]?(?:use|choice|config|calling)|function[_ ]?calling/i
/** The model takes no schema at all, rather than not this one. */
const NEVER = /not (?:supported|available|enabled|implemented)|unsupported|n[o']t support|only (?:available|supported)/i

/** What is remembered: models in use are few, and so are the schemas that one of them refuses. */
const MAX_REMEMBERED = 500

export function schemaSupport(): SchemaSupport {
  const refusals = new Set<string>()
  return {
    corrected(wired, model, operation) {
      const schema = schemaOf(operation)
      if (!schema || refusals.size === 0 || wired.structuredOutput !== "native") return wired
      const refused = refusals.has(model.key) || refusals.has(refusalOf(model, schema))
      return refused ? { ...wired, structuredOutput: "instruction" } : wired
    },
    refused(model, operation, failure) {
      const schema = schemaOf(operation)
      if (!schema || (failure.class !== "request.unsupported" && failure.class !== "request.invalid")) return false
      const words = `${failure.providerCode ?? ""} ${failure.message}`
      const tools = operation.type === "generate" && (operation.tools?.length ?? 0) > 0
      if (!SCHEMA_PART.test(words) && (tools || !TOOL_PART.test(words))) return false
      if (refusals.size >= MAX_REMEMBERED) refusals.clear()
      refusals.add(NEVER.test(words) ? model.key : refusalOf(model, schema))
      return true
    },
  }
}

function schemaOf(operation: Operation): JsonSchema | undefined {
  return operation.type === "generate" ? operation.output?.schema : undefined
}

function refusalOf(model: CompiledModel, schema: JsonSchema): string {
  return `${model.key} ${sha256(canonicalJson(schema))}`
}
