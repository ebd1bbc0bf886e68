/** Telling people what to do: which fields ask for it, and which sentences do it. English. */
import type { Field } from "./field.ts"
import { humanize } from "./words.ts"

const ASKED_FOR =
  /\b(?:advice|advise|instructions?|remedy|next steps?|call to action|recommendations?|what to do|told to do|should do|how to (?:fix|solve|resolve))\b/i

/** Whether the field wants an instruction and not a description. */
export function asksForInstruction({ name, description }: Field): boolean {
  return ASKED_FOR.test(`${humanize(name)} ${description}`)
}

/** Verbs that sentences on screens and in letters of help begin with. */
const VERBS =
  "add|allow|ask|call|cancel|change|check|choose|clear|click|close|confirm|connect|consider|contact|copy|correct|create|delete|disable|disconnect|download|edit|enable|ensure|enter|fill|follow|free|get|give|go|have|increase|install|keep|let|log|lower|make|move|open|pay|pick|press|provide|read|reconnect|reduce|refresh|reinstall|reload|remove|rename|renew|reopen|repeat|replace|reset|restart|retry|return|review|run|save|scan|select|send|set|shorten|sign|start|stop|submit|switch|tap|top up|try|turn|type|uninstall|unlock|unplug|update|upgrade|upload|use|verify|visit|wait|write"
const INSTRUCTION = new RegExp(
  String.raw`^(?:(?:please|kindly|first|then|now|simply|just|instead|to [^,]{3,60},|if [^,]{3,80},)\s+)*(?:do not|don['’]t|never|always)?\s*(?:${VERBS})\b|\byou (?:should|must|need to|have to|can)\b`,
  "i",
)

export function isInstruction(sentence: string): boolean {
  return INSTRUCTION.test(sentence.trim())
}
