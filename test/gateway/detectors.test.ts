/** The detectors: what each finds, and what only looks like it. */
import { describe, expect, it } from "vitest"
import { DETECTORS } from "../../src/gateway/detectors/index.ts"
import { redact } from "../../src/gateway/redaction.ts"
import { unsafeRegexReason } from "../../src/lib/safe-regex.ts"
import { DETECTOR_NAMES, type DetectorName } from "../../src/routing/detectors.ts"
import { FOUND, KEY, PEM } from "./found.ts"

function hide(text: string, detect: readonly DetectorName[] = DETECTOR_NAMES): string {
  const { operation } = redact(
    { type: "embed", texts: [text] },
    { rules: [{ index: 0, config: { detect, mode: "token" } }] },
  )
  return operation.type === "embed" ? (operation.texts[0] ?? "") : ""
}

const INNOCENT = [
  "Order A-10293 of 2026-11-22 14:30:00, $1,299.00, version 10.2.33.4",
  "4111 1111 1111 1112 is not a card, nor is 0000 0000 0000 0000",
  "GB29NWBK60161331926818 has a wrong checksum",
  "192.168.100.200 and 2001:db8::8a2e:370:7334 are addresses",
  "@mention, user@, @example.com, a @ b",
  "user%40, %40example.com, a%20%40%20b, 100%40 and more",
  "The API key: see the docs. The password is required. Use sk-learn and risk-free tokens.",
  "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
  "-----BEGIN PUBLIC KEY-----",
  "01.02.2026, 2026-01-02, 01/02/26, 08:15:30.123, 12.11.10.09 and 20261122143000",
  "Invoice 0612345678, order 100200300, SKU 4006381333931, ISBN 978-3-16-148410-0, part 0012345678",
  "Revenue was 712 345 678 € (612 345 678,00 EUR), up 12.5 % from 634 112 908 USD",
  "lat 48.858370088654, lon 2.2944813, pi 4.123456789012345, load 0.4111111111111111",
  "de12 is a step and at10 another one of the words that follow here and there",
  "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  "commit 5f2b1c3d4e5f60718293a4b5c6d7e8f901234567 in feature/secret_rotation_of_all_the_keys",
  "basic authorization and the authorization: basic tier; session token: none; the signature sig=short",
  "Message 1234567890123456789 in #general at 10:30, seats 12 34 56 78, ratio 16:9",
]

describe("detectors", () => {
  it.each(FOUND)("[REDACT1] finds a %s: %s", (name, value) => {
    const hidden = hide(`Hello ${value}, bye`, [name])
    expect(hidden).toBe(`Hello [[${DETECTORS[name].label}_1]], bye`)
  })

  it.each(INNOCENT)("leaves alone: %s", (text) => {
    expect(hide(text)).toBe(text)
  })

  it.each([
    ["aws_session_token=VALUE", `${KEY("", 200)}==`],
    ["https://a.blob.core.windows.net/c/b?sv=2024&sig=VALUE&se=2026", `${KEY("", 43)}%3D`],
    ["Authorization: SSWS VALUE", KEY("00", 40)],
    ["Authorization: Basic VALUE", "YWxhZGRpbjpvcGVuc2VzYW1l"],
    ["https://discord.com/api/webhooks/123456789012345678/VALUE", KEY("", 68)],
    ["api_key = 'VALUE'", KEY("", 24)],
    ["aws_secret_access_key: VALUE", KEY("", 40)],
    ["Authorization: Bearer VALUE", KEY("", 40)],
    ["password=VALUE", "hunter2!"],
    ["postgres://admin:VALUE@db.internal/app", "s3cr3t"],
  ])("takes only the value out of %s", (text, value) => {
    expect(hide(text.replace("VALUE", value), ["secret"])).toBe(text.replace("VALUE", "[[SECRET_1]]"))
  })

  it("finds a telephone number without a break where a word says what it is", () => {
    expect(hide("Tél. : 0612345678", ["phone"])).toBe("Tél. : [[PHONE_1]]")
    expect(hide("My phone: 612345678.", ["phone"])).toBe("My phone: [[PHONE_1]].")
  })

  it("[REDACT6] hides a private key to its end mark, or to the end of the text where there is none", () => {
    const [begin = "", ...body] = PEM.split("\n")
    const cut = `Here: ${begin}\nProc-Type: 4,ENCRYPTED\n${body.slice(0, 2).join("\n")}`
    expect(hide(cut, ["private-key"])).toBe("Here: [[PRIVATE_KEY_1]]")
    expect(hide(`${PEM} and ${PEM.replace("MIIEow", "MIIBBB")}.`, ["private-key"])).toBe(
      "[[PRIVATE_KEY_1]] and [[PRIVATE_KEY_2]].",
    )
  })

  it("takes time that grows with the text, also for one that is made of beginnings", () => {
    const begins = PEM.split("\n")[0] ?? ""
    const timeOf = (text: string) => {
      const startMs = performance.now()
      hide(text)
      return performance.now() - startMs
    }
    const whole = `${begins}${PEM.slice(begins.length)}`
    timeOf(whole.repeat(200))
    expect(timeOf(whole.repeat(8_000))).toBeLessThan(2_000)
    expect(timeOf(begins.repeat(8_000))).toBeLessThan(2_000)
  })

  it("finds two that stand side by side", () => {
    expect(hide("4111 1111 1111 1111 5500 0000 0000 0004", ["card"])).toBe("[[CARD_1]] [[CARD_2]]")
    expect(hide("0171 2345678 0172 8765432", ["phone"])).toBe("[[PHONE_1]] [[PHONE_2]]")
  })

  it("hold to the rule for patterns in a configuration: linear on every text", () => {
    const patterns = Object.values(DETECTORS).flatMap((detector) => detector.patterns)
    expect(patterns.map(({ pattern }) => unsafeRegexReason(pattern)).filter(Boolean)).toEqual([])
  })
})
