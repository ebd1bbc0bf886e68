/** Hides personal data and secrets in texts for good: what an exported run shows instead of them. */
import type { DetectorName } from "../routing/detectors.ts"
import { DETECTORS } from "./detectors/index.ts"
import { redact } from "./redaction.ts"

/**
 * A function that hides what all detectors find, the same value behind the same stand-in for as long as it lives. A hidden
 * address is still an address: what checks its shape goes on working.
 */
export function anonymizer(): (text: string) => string {
  const detect = Object.keys(DETECTORS) as DetectorName[]
  const { conceal } = redact({ type: "embed", texts: [] }, { rules: [{ index: 0, config: { detect, mode: "token" } }] })
  return (text) => conceal(text).replaceAll(/\[\[EMAIL_(\d+)\]\]/g, "person$1@redacted.example")
}
