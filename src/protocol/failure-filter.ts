/** How callers ask for runs by the class of their failure. */
import { z } from "zod"
import { isFailureName } from "../lib/failure-classes.ts"

export const failureFilter = z
  .string()
  .refine(isFailureName, "expected a failure class such as `provider.quota`, or a family of them such as `provider`")
  .meta({ description: "Of that failure: `provider.quota`, or all of `provider`." })
