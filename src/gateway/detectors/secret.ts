/**
 * Keys and tokens: the forms that clouds and vendors publish for secret scanning, and values that their surroundings
 * name as a secret. Public identifiers (Stripe's `pk_`, AWS account ids) are none.
 */
import type { Detector, DetectorPattern } from "./detector.ts"

const SHAPES = [
  // AWS
  "(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}",
  // OpenAI, Anthropic, OpenRouter, DeepSeek and others who write sk-
  "sk-[A-Za-z0-9][A-Za-z0-9_-]{19,220}",
  // Google, Firebase
  "AIza[A-Za-z0-9_-]{35}",
  "ya29\\.[A-Za-z0-9_-]{20,400}",
  "GOCSPX-[A-Za-z0-9_-]{28}",
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
  // Model vendors
  "hf_[A-Za-z0-9]{30,60}",
  "gsk_[A-Za-z0-9]{40,80}",
  "xai-[A-Za-z0-9]{60,100}",
  "r8_[A-Za-z0-9]{37}",
  "pplx-[A-Za-z0-9]{40,64}",
  "fw_[A-Za-z0-9]{22,48}",
  "csk-[a-z0-9]{40,64}",
  // Others
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
    hint: (text) => /[Aa]ccess[_-]?[Kk]ey/.test(text),
    pattern: `[Ss]ecret[_-]?[Aa]ccess[_-]?[Kk]ey${ASSIGNED}(?<value>[A-Za-z0-9/+]{40})`,
  },
  {
    hint: (text) => /(?:key|KEY|Key|oken|OKEN|ecret|ECRET)["']?\s{0,3}[:=]/.test(text),
    pattern: `(?:[Aa][Pp][Ii]|[Aa]ccess|ACCESS|[Aa]uth|AUTH|[Ss]ecret|SECRET|[Cc]lient|CLIENT)[_-]?(?:[Kk]ey|KEY|[Tt]oken|TOKEN|[Ss]ecret|SECRET)${ASSIGNED}(?<value>[A-Za-z0-9_./+~-]{16,512})`,
  },
  {
    hint: (text) => /pass(?:w|p)|PASSW|PASSP|Pass(?:w|p)/.test(text),
    pattern: `(?:[Pp]assword|PASSWORD|[Pp]asswd|[Pp]assphrase|PASSPHRASE)${ASSIGNED}(?<value>[^\\s"'<>,;:=]{4,128})`,
  },
  { hint: (text) => /earer /.test(text), pattern: "[Bb]earer (?<value>[A-Za-z0-9._~+/-]{20,4096}={0,2})" },
  { hint: (text) => /AccountKey=/.test(text), pattern: "AccountKey=(?<value>[A-Za-z0-9+/]{86}==)" },
  { hint: (text) => /:\/\/[^\s/]{3,200}@/.test(text), pattern: "://[^\\s:/@]{1,64}:(?<value>[^\\s:/@]{3,128})(?=@)" },
  { hint: (text) => /hooks\.slack/.test(text), pattern: "hooks\\.slack\\.com/services/(?<value>[A-Za-z0-9/]{20,80})" },
]

/** Every shape begins with so many characters of this kind, and most texts have no such word. */
const LONG_WORD = 15

function hasLongWord(text: string): boolean {
  let length = 0
  for (let index = 0; index < text.length; index += 1) {
    length = isWordCode(text.charCodeAt(index)) ? length + 1 : 0
    if (length === LONG_WORD) return true
  }
  return false
}

/** A letter or digit of ASCII, or one of `+ - . / : _`. */
function isWordCode(code: number): boolean {
  if (code >= 97) return code <= 122
  if (code >= 65) return code <= 90 || code === 95
  return code >= 43 && code <= 58 && code !== 44
}

export const secret: Detector = {
  name: "secret",
  label: "SECRET",
  patterns: [
    {
      hint: hasLongWord,
      pattern: `(?<![A-Za-z0-9_-])(?=[A-Za-z0-9_.+/:-]{15})(?:${SHAPES.join("|")})(?![A-Za-z0-9])`,
    },
    ...NAMED,
  ],
}
