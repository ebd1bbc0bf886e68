/** What was found for one field. */
import type { Json } from "../../lib/json.ts"

export interface Finding {
  readonly value: Json
  /** 0 to 1. Below about 0.6 a person should look. */
  readonly confidence: number
  /** The words of the source that the value rests on. */
  readonly evidence: string
}
