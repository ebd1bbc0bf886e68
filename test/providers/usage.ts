/** Usage, written short. */
import { NO_USAGE, type Usage } from "../../src/model/result.ts"

export function usage(inputTokens: number, outputTokens: number, parts: Partial<Usage> = {}): Usage {
  return { ...NO_USAGE, inputTokens, outputTokens, ...parts }
}
