/** Whether an edit can do what it says: by what the kind of its step takes. When it comes too late is another matter (`edit-step.ts`). */
import type { Scope, StepNode } from "../graph/node.ts"
import { parseWith, type Schema } from "../graph/schema.ts"
import { type ErrorData, WaybillError } from "../lib/errors.ts"
import { type Json, toJson } from "../lib/json.ts"
import { operationSchemas } from "../model/operation-schema.ts"
import type { StepEdit } from "../run/event.ts"
import type { StepKind } from "../steps/step-kind.ts"
import { allNodes, nodeAt } from "./locate.ts"

type Kinds = Readonly<Record<string, StepKind>>

/**
 * The edit, which the request gives at `where`, with its values as the step's schemas read them. Throws `step_not_found`, and
 * `edit_invalid` or `output_refused` for an edit that would have no effect, contradicts itself, or gives what the step does
 * not take.
 */
export function checkedEdit(scope: Scope, kinds: Kinds, path: string, edit: StepEdit, where: string): StepEdit {
  const node = nodeAt(scope, path, kinds)
  if (!node) throw new WaybillError("step_not_found", `The workflow has no step at "${path}".`, { path })
  checkParts(path, edit)
  checkModelParts(node, kinds, path, edit)
  const { input, output } = edit
  return {
    ...edit,
    ...(input === undefined
      ? {}
      : { input: read(inputOf(node, kinds, path), input, "edit_invalid", `${where}.input`) }),
    ...(output === undefined
      ? {}
      : { output: read(kindOf(node, kinds)?.output?.(node.config), output, "output_refused", `${where}.output`) }),
  }
}

/** What is refused about an edit of the step at `path`. */
export function invalidEdit(path: string, problem: string, details: ErrorData["details"] = {}): WaybillError {
  return new WaybillError("edit_invalid", `${path}: ${problem}.`, { path, ...details })
}

function checkParts(path: string, edit: StepEdit): void {
  const { input, output, skip, prompt } = edit
  const parts = Object.keys(edit)
  const isAlone = (part: unknown) => part === undefined || parts.length === 1
  if (parts.length === 0) throw invalidEdit(path, "found nothing to change")
  if (!isAlone(output) || !isAlone(skip))
    throw invalidEdit(path, `found ${parts.join(" and ")}, of which one excludes the others`)
  if (input !== undefined && prompt !== undefined)
    throw invalidEdit(path, "found an input and a prompt, expected one of the two")
}

/** A prompt is for a step that asks a language model; a model or a route also for one that holds steps that ask any. */
function checkModelParts(node: StepNode, kinds: Kinds, path: string, { prompt, model, route }: StepEdit): void {
  if (prompt !== undefined && kindOf(node, kinds)?.asks !== "generate")
    throw invalidEdit(path, `found a prompt, but a ${node.kind} step asks no language model`)
  if ((model ?? route) === undefined) return
  const inside = [node, ...Object.values(node.scopes).flatMap((scope) => [...allNodes(scope)])]
  if (inside.some((step) => kindOf(step, kinds)?.asks !== undefined)) return
  const part = model === undefined ? "a route" : "a model"
  const asks = Object.keys(node.scopes).length > 0 ? "no step in it asks a model" : `a ${node.kind} step asks no model`
  throw invalidEdit(path, `found ${part}, but ${asks}`)
}

function inputOf(node: StepNode, kinds: Kinds, path: string): Schema {
  const kind = kindOf(node, kinds)
  const schema =
    kind?.input?.(node.config) ?? kind?.tool?.(node.config).input ?? (kind?.asks && operationSchemas[kind.asks])
  if (!schema) throw invalidEdit(path, `found an input, but a ${node.kind} step takes none`)
  return schema
}

function kindOf(node: StepNode, kinds: Kinds): StepKind | undefined {
  return kinds[node.kind]
}

function read(schema: Schema | undefined, value: Json, code: "edit_invalid" | "output_refused", path: string): Json {
  return toJson(schema ? parseWith(schema, value, code, path) : value, path)
}
