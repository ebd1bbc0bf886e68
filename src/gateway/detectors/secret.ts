/**
 * Keys and tokens: the forms that clouds and vendors publish for secret scanning, and values that their surroundings
 * name as a secret. Public identifiers (Stripe's `pk_`, AWS account ids) are none.
 */
import type { Detector, DetectorPattern } from "./detector.ts"

/** Clouds, code, money, models. */
const FIRST_SHAPES = [
  // AWS
  "(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}",
  "ABSK[A-Za-z0-9+/]{40,280}={0,2}",
  "bedrock-api-key-[A-Za-z0-9+/]{20,4000}={0,2}",
  // OpenAI, Anthropic, OpenRouter, DeepSeek and others who write sk-
  "sk-[A-Za-z0-9][A-Za-z0-9_-]{19,220}",
  // Google, Firebase
  "AIza[A-Za-z0-9_-]{35}",
  "ya29\\.[A-Za-z0-9_-]{20,400}",
  "GOCSPX-[A-Za-z0-9_-]{28}",
  "1//0[A-Za-z0-9_-]{40,200}",
  // GitHub, GitLab
  "gh[pousr]_[A-Za-z0-9]{36,255}",
  "github_pat_[A-Za-z0-9_]{22,255}",
  "gl(?:pat|rt|cbt|dt|ptt|oas)-[A-Za-z0-9_-]{20,100}",
  // Slack
  "xox[abeoprs]-[A-Za-z0-9-]{10,250}",
  "xapp-[0-9]-[A-Za-z0-9-]{20,250}",
  // Stripe
  "(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,250}",
  "whsec_[A-Za-z0-9+/=]{24,100}",
  // Twilio, SendGrid, Mailgun, Mailchimp
  "SK[0-9a-f]{32}",
  "SG\\.[A-Za-z0-9_-]{16,32}\\.[A-Za-z0-9_-]{32,64}",
  "key-[0-9a-f]{32}",
  "[0-9a-f]{32}-us[0-9]{1,2}",
  // Package registries
  "npm_[A-Za-z0-9]{36}",
  "pypi-[A-Za-z0-9_-]{50,250}",
  "dckr_[po]at_[A-Za-z0-9_-]{27,60}",
  // Model vendors
  "hf_[A-Za-z0-9]{30,60}",
  "gsk_[A-Za-z0-9]{40,80}",
  "xai-[A-Za-z0-9]{60,100}",
  "r8_[A-Za-z0-9]{37}",
  "pplx-[A-Za-z0-9]{40,64}",
  "fw_[A-Za-z0-9]{22,48}",
  "csk-[a-z0-9]{40,64}",
  "tgp_v1_[A-Za-z0-9_-]{40,60}",
  "jina_[A-Za-z0-9_-]{40,80}",
  "lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}",
  "pcsk_[A-Za-z0-9_]{40,90}",
]

/** Everybody else: apart, because a pattern that holds all of them is too large to be checked. */
const MORE_SHAPES = [
  // Hosting
  "HRKU-AA[A-Za-z0-9_-]{50,64}",
  "fo1_[A-Za-z0-9_-]{40,60}",
  "fm(?:1[ar]|2)_[A-Za-z0-9+/]{80,4000}={0,3}",
  "vc[aikpr]_[A-Za-z0-9_-]{24,100}",
  "nf[bcopu]_[A-Za-z0-9_]{30,60}",
  "LTAI[A-Za-z0-9]{12,24}",
  // Databases
  "sbp_[a-f0-9]{40}",
  "sb_secret_[A-Za-z0-9_-]{20,60}",
  "pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.=-]{32,64}",
  "pat[A-Za-z0-9]{14}\\.[a-f0-9]{64}",
  // Watching
  "sntrys_[A-Za-z0-9+/=_-]{40,400}",
  "sntryu_[a-f0-9]{64}",
  "NRAK-[A-Z0-9]{27}",
  "[a-f0-9]{36}NRAL",
  "glc_[A-Za-z0-9+/]{32,400}={0,3}",
  // Work
  "fig[dou][a-z]{0,2}_[A-Za-z0-9_-]{38,60}",
  "AT(?:AT|CT)T3[A-Za-z0-9_=-]{60,400}",
  "ATBB[A-Za-z0-9]{32}",
  "secret_[A-Za-z0-9]{40,60}",
  // Others
  "AGE-SECRET-KEY-1[A-Z0-9]{30,60}",
  "cf(?:ut|at|k)_[A-Za-z0-9]{35,64}",
  "dop_v1_[a-f0-9]{64}",
  "shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",
  "sq0(?:atp|csp)-[A-Za-z0-9_-]{22,43}",
  "dapi[a-f0-9]{32}",
  "hv[sb]\\.[A-Za-z0-9_-]{24,300}",
  "glsa_[A-Za-z0-9_]{32,64}",
  "dp\\.pt\\.[A-Za-z0-9]{40,44}",
  "lin_api_[A-Za-z0-9]{40}",
  "ntn_[A-Za-z0-9]{40,50}",
  "PMAK-[a-f0-9]{24}-[a-f0-9]{34}",
  "v1\\.0-[a-f0-9]{24}-[a-f0-9]{100,160}",
  "EAA[A-Za-z0-9]{80,300}",
  "[0-9]{8,10}:AA[A-Za-z0-9_-]{33}",
  // JSON Web Tokens
  "eyJ[A-Za-z0-9_-]{10,2000}\\.eyJ[A-Za-z0-9_-]{10,4000}\\.[A-Za-z0-9_-]{10,1000}",
]

/** A value right after words that call it a secret: `aws_secret_access_key = …`, `Authorization: Bearer …`, `password=…`. */
const ASSIGNED = "[\"']?\\s{0,3}[:=]\\s{0,3}[\"']?"
const NAMED: readonly DetectorPattern[] = [
  {
    hint: (text) => /ession[_-]?[Tt]oken|SESSION_TOKEN/.test(text),
    pattern: `(?:[Ss]ession[_-]?[Tt]oken|SESSION_TOKEN)${ASSIGNED}(?<value>[A-Za-z0-9+/_.-]{16,4096}={0,2})`,
  },
  {
    hint: (text) => /[Aa]ccess[_-]?[Kk]ey/.test(text),
    pattern: `[Ss]ecret[_-]?[Aa]ccess[_-]?[Kk]ey${ASSIGNED}(?<value>[A-Za-z0-9/+]{40})`,
  },
  {
    hint: (text) => /(?:key|KEY|Key|oken|OKEN|ecret|ECRET)["']?\s{0,3}[:=]/.test(text),
    pattern: `(?:[Aa][Pp][Ii]|[Aa]ccess|ACCESS|[Aa]uth|AUTH|[Ss]ecret|SECRET|[Cc]lient|CLIENT)[_-]?(?:[Kk]ey|KEY|[Tt]oken|TOKEN|[Ss]ecret|SECRET)${ASSIGNED}(?<value>[A-Za-z0-9_./+~-]{16,4096}={0,2})`,
  },
  {
    hint: (text) => /pass(?:w|p)|PASSW|PASSP|Pass(?:w|p)/.test(text),
    pattern: `(?:[Pp]assword|PASSWORD|[Pp]asswd|[Pp]assphrase|PASSPHRASE)${ASSIGNED}(?<value>[^\\s"'<>,;:=]{4,128})`,
  },
  { hint: (text) => /earer /.test(text), pattern: "[Bb]earer (?<value>[A-Za-z0-9._~+/-]{20,4096}={0,2})" },
  {
    hint: (text) => /[Bb]asic [A-Za-z0-9+/]{8}/.test(text),
    pattern: `[Aa]uthorization${ASSIGNED}[Bb]asic (?<value>[A-Za-z0-9+/]{8,1024}={0,2})`,
  },
  { hint: (text) => /SSWS 00/.test(text), pattern: "SSWS (?<value>00[A-Za-z0-9_-]{30,60})" },
  {
    hint: (text) => /[?&;]sig=/.test(text),
    pattern: "[?&;]sig=(?<value>[A-Za-z0-9%+/_-]{40,120}={0,2})",
  },
  { hint: (text) => /AccountKey=/.test(text), pattern: "AccountKey=(?<value>[A-Za-z0-9+/]{86}==)" },
  { hint: (text) => /:\/\/[^\s/]{3,200}@/.test(text), pattern: "://[^\\s:/@]{1,64}:(?<value>[^\\s:/@]{3,128})(?=@)" },
  { hint: (text) => /hooks\.slack/.test(text), pattern: "hooks\\.slack\\.com/services/(?<value>[A-Za-z0-9/]{20,80})" },
  {
    hint: (text) => /api\/webhooks\/[0-9]{17}/.test(text),
    pattern: "discord(?:app)?\\.com/api/webhooks/[0-9]{17,20}/(?<value>[A-Za-z0-9_-]{60,80})",
  },
]

/** Known by something in their middle, from which they are read backwards. */
const MARKED: readonly DetectorPattern[] = [
  // Microsoft Entra (Azure AD)
  {
    hint: (text) => text.includes("Q~"),
    pattern: "Q~(?<=(?<![A-Za-z0-9_~.-])(?<before>[A-Za-z0-9_~.-]{3}[0-9])Q~)[A-Za-z0-9_~.-]{31,34}(?![A-Za-z0-9])",
  },
  // HCP Terraform
  {
    hint: (text) => text.includes(".atlasv1."),
    pattern: "\\.atlasv1\\.(?<=(?<![A-Za-z0-9])(?<before>[A-Za-z0-9]{14})\\.atlasv1\\.)[A-Za-z0-9_=-]{60,80}",
  },
  // Discord
  {
    hint: (text) => /[MNO][A-Za-z0-9_-]{22,27}\./.test(text),
    pattern: "(?<![A-Za-z0-9_.-])[MNO][A-Za-z0-9_-]{22,27}\\.[A-Za-z0-9_-]{6}\\.[A-Za-z0-9_-]{27,45}(?![A-Za-z0-9_.-])",
  },
]

/** Every shape begins with so many characters of `WORD`, and most texts have no such word. */
const LONG_WORD = 15
const WORD = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+./:"
/** Those of them that a shape may begin behind. */
const APART = "+./:"
const APART_CLASS = 2
/** By character code: 1 for a character of `WORD`, 2 for one of `APART`, 0 for all others. */
const CLASSES = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code)
  return APART.includes(character) ? APART_CLASS : WORD.includes(character) ? 1 : 0
})

function classOf(code: number): number {
  return code < CLASSES.length ? (CLASSES[code] ?? 0) : 0
}

/** Where a shape may begin: before a long word, behind nothing that would make it a part of a longer one. */
function longWords(text: string): readonly number[] {
  const places: number[] = []
  let begin = 0
  for (let index = 0; index <= text.length; index += 1) {
    if (index < text.length && classOf(text.charCodeAt(index)) !== 0) continue
    for (let place = begin; place + LONG_WORD <= index; place += 1)
      if (place === begin || classOf(text.charCodeAt(place - 1)) === APART_CLASS) places.push(place)
    begin = index + 1
  }
  return places
}

/** Both lists of shapes ask about the same text, one after the other. */
let latest: { readonly text: string; readonly places: readonly number[] } = { text: "", places: [] }

function placesOf(text: string): readonly number[] {
  if (latest.text !== text) latest = { text, places: longWords(text) }
  return latest.places
}

function shaped(shapes: readonly string[]): DetectorPattern {
  return { hint: () => true, places: placesOf, pattern: `(?:${shapes.join("|")})(?![A-Za-z0-9])` }
}

export const secret: Detector = {
  name: "secret",
  label: "SECRET",
  patterns: [shaped(FIRST_SHAPES), shaped(MORE_SHAPES), ...NAMED, ...MARKED],
}
