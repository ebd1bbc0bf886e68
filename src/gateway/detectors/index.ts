/** The detectors, by the name that redaction rules use. Adding one is a file, an entry here, and its name in the routing. */
import type { DetectorName } from "../../routing/detectors.ts"
import { card } from "./card.ts"
import type { Detector } from "./detector.ts"
import { email } from "./email.ts"
import { iban } from "./iban.ts"
import { phone } from "./phone.ts"
import { privateKey } from "./private-key.ts"
import { secret } from "./secret.ts"

export const DETECTORS: Readonly<Record<DetectorName, Detector>> = {
  secret,
  "private-key": privateKey,
  email,
  phone,
  card,
  iban,
}
