/**
 * Names for what goes over the wire. A schema that is named here becomes a component of the OpenAPI document, and every
 * other schema that uses it refers to it by that name.
 */
import { z } from "zod"
import type { Json } from "../lib/json.ts"

/** All named schemas. */
export const wireSchemas = z.registry<{ readonly id: string }>()

/** `schema`, known as `id`. */
export function named<Schema extends z.ZodType>(id: string, schema: Schema): Schema {
  wireSchemas.add(schema, { id })
  return schema
}

/** Any JSON value. What comes from the wire was parsed from JSON, so there is nothing left to check. */
export const anyJson: z.ZodType<Json> = z.any()

/** Money on the wire: exact, twice. */
export const Cost = named(
  "Cost",
  z.object({
    usd: z.string().meta({ description: "Dollars as exact decimal text, such as `0.001234567`." }),
    nanoUsd: z.int().meta({ description: "The same in billionths of a dollar." }),
  }),
)
export type Cost = z.infer<typeof Cost>
