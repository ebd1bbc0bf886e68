/** The step kinds. A kind that is not listed here does not exist. */
import { vision } from "./vision.ts"

export const stepKinds = [vision] as const
