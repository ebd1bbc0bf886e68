/**
 * Checks of what authors write, for workflows and for every kind of step: TypeScript has checked it for most authors, these
 * check it for the rest and say where the error is.
 */
import { z } from "zod"
import type { Duration } from "../lib/duration.ts"
import { isFailureName } from "../lib/failure-classes.ts"
import type { RetryPolicy } from "./node.ts"
import type { Schema } from "./schema.ts"

export const duration = z.union([z.number().nonnegative(), z.string().regex(/^\d+(\.\d+)?(ms|s|m|h|d|w)$/)], {
  error: 'expected milliseconds or a duration such as "3s"',
}) as unknown as z.ZodType<Duration>

/** A schema of values that the log can hold. */
export const schema = z
  .custom<Schema>((value) => value instanceof z.ZodType, "expected a zod schema")
  .superRefine((value, context) => {
    const found = value instanceof z.ZodType ? notJson(value) : undefined
    if (found !== undefined)
      context.addIssue({
        code: "custom",
        message: `found a schema that gives a ${found}, which does not survive a checkpoint: expected one that gives plain JSON, such as z.iso.datetime() for a date`,
      })
  })

export const retry = z.strictObject({
  attempts: z.int().positive().optional(),
  delay: duration.optional(),
  factor: z.number().positive().optional(),
  maxDelay: duration.optional(),
  jitter: z.boolean().optional(),
  on: z
    .array(
      z.string().refine(isFailureName, {
        error: ({ input }) =>
          `found ${JSON.stringify(input)}, expected a failure class such as "own_code.tool" or "provider"`,
      }),
    )
    .optional(),
}) as z.ZodType<RetryPolicy>

const NOT_JSON = new Set(["bigint", "date", "file", "function", "map", "nan", "promise", "set", "symbol"])

/** What a schema gives, at any depth, that is not JSON; what a transformation makes, only its author knows. */
function notJson(schema: Schema): string | undefined {
  let found: string | undefined
  z.toJSONSchema(schema, {
    unrepresentable: "any",
    override: ({ zodSchema }) => {
      const { type } = zodSchema._zod.def
      if (NOT_JSON.has(type)) found ??= type
    },
  })
  return found
}
