/** The detectors that redaction rules can name. What each of them finds is the gateway's; the list is closed here. */

export const DETECTOR_NAMES = ["secret", "private-key", "email", "phone", "card", "iban"] as const

export type DetectorName = (typeof DETECTOR_NAMES)[number]
