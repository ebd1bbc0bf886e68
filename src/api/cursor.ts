/** Cursors of lists that are in the order of their ids: a cursor is the last id of the page before. */
import { z } from "zod"
import { isId } from "../lib/id.ts"

/** Any other text would begin the list again somewhere, which a caller who pages does not notice. */
export function idCursor(prefix: string) {
  return z
    .string()
    .refine((text) => isId(prefix, text), "expected the `nextCursor` of the page before")
    .exactOptional()
    .meta({ description: "`nextCursor` of the page before." })
}
