/** Where in a value its JSON Schema says that there are media. Pure: schema and value are walked side by side. */
import { MEDIA_KEYWORD } from "../graph/media.ts"
import { isJsonArray, isJsonObject, type Json, type JsonObject } from "../lib/json.ts"

export interface MediaField {
  /** The keys that lead to it, outermost first. */
  readonly at: readonly (string | number)[]
  /** The same as text, such as `input.pages[2].scan`. */
  readonly path: string
  readonly value: Json
}

/** The values at the places that `schema` marks as media, each once, in the order of the value. */
export function mediaFields(value: Json, schema: JsonObject, root: string): readonly MediaField[] {
  const found = new Map<string, MediaField>()
  visit({ at: [], path: root, value }, schema, { root: schema, found, refs: [] })
  return [...found.values()]
}

interface Walk {
  readonly root: JsonObject
  readonly found: Map<string, MediaField>
  /** References that were followed without going deeper into the value: one that comes again leads nowhere. */
  readonly refs: readonly string[]
}

function visit(place: MediaField, schema: Json | undefined, walk: Walk): void {
  if (!isJsonObject(schema)) return
  if (schema[MEDIA_KEYWORD] === true) walk.found.set(JSON.stringify(place.at), place)
  for (const keyword of ["anyOf", "oneOf", "allOf"]) {
    for (const choice of listOf(schema[keyword])) visit(place, choice, walk)
  }
  if (typeof schema.$ref === "string" && !walk.refs.includes(schema.$ref)) {
    visit(place, resolve(walk.root, schema.$ref), { ...walk, refs: [...walk.refs, schema.$ref] })
  }
  const deeper = { ...walk, refs: [] }
  if (isJsonArray(place.value)) {
    const prefix = listOf(schema.prefixItems)
    for (const [index, value] of place.value.entries()) {
      const item = { at: [...place.at, index], path: `${place.path}[${index}]`, value }
      visit(item, prefix[index] ?? schema.items, deeper)
    }
  } else if (isJsonObject(place.value)) {
    const properties = isJsonObject(schema.properties) ? schema.properties : {}
    for (const [key, value] of Object.entries(place.value)) {
      const own = Object.hasOwn(properties, key) ? properties[key] : schema.additionalProperties
      visit({ at: [...place.at, key], path: `${place.path}.${key}`, value }, own, deeper)
    }
  }
}

function listOf(value: Json | undefined): readonly Json[] {
  return value !== undefined && isJsonArray(value) ? value : []
}

/** The part of the schema that a local reference such as `#/$defs/Page` points at. */
function resolve(root: JsonObject, reference: string): Json | undefined {
  if (!reference.startsWith("#")) return undefined
  const keys = reference.slice(1).split("/").slice(1)
  return keys.reduce<Json | undefined>((at, key) => {
    const name = decodeURIComponent(key).replaceAll("~1", "/").replaceAll("~0", "~")
    return isJsonObject(at) ? at[name] : undefined
  }, root)
}
