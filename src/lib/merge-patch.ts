/** JSON Merge Patch (RFC 7396): the few members of a value that are to be other ones. */
import { isJsonObject, type Json } from "./json.ts"

/** `value` with what `patch` says: objects are merged member by member, `null` removes a member, anything else replaces. */
export function mergePatch(value: Json, patch: Json): Json {
  if (!isJsonObject(patch)) return patch
  const merged = new Map<string, Json>(isJsonObject(value) ? Object.entries(value) : [])
  for (const [name, change] of Object.entries(patch))
    if (change === null) merged.delete(name)
    else merged.set(name, mergePatch(merged.get(name) ?? null, change))
  return Object.fromEntries(merged)
}
