/** The screenshots, the pages they are made of and the sandbox's customers tell one story. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { expectedScreens } from "../fixtures/screens/expected.ts"
import { openSandbox } from "./client.ts"

const MAX_BYTES = 120 * 1024
const PNG_SIGNATURE = "89504e470d0a1a0a"

describe.each(expectedScreens)("$file", ({ file, customerId, texts, charges, shows }) => {
  const page = readFileSync(file.replace(/\.png$/, ".html"), "utf8")

  it("is a small PNG of the size that its page asks for", () => {
    const png = readFileSync(file)
    const [, width, height, scale = "1"] = /name="screenshot" content="(\d+)x(\d+)(?:@(\d))?"/.exec(page) ?? []
    expect(png.subarray(0, 8).toString("hex")).toBe(PNG_SIGNATURE)
    expect(png.readUInt32BE(16)).toBe(Number(width) * Number(scale))
    expect(png.readUInt32BE(20)).toBe(Number(height) * Number(scale))
    expect(png.length).toBeLessThan(MAX_BYTES)
  })

  it("shows what the tests expect to read", () => {
    for (const text of [...texts, ...charges.flatMap(({ id, date }) => [id, date])]) expect(page).toContain(text)
    expect(page.match(/\bch_\d+/g) ?? []).toEqual(charges.map(({ id }) => id))
  })

  it("[SANDBOX10] shows a customer and charges of the sandbox", async () => {
    const { get } = await openSandbox()
    const customer = await get(`/v1/customers/${customerId}`)
    expect(customer.body).toMatchObject({ email: texts[0] })
    const billed = (await get(`/v1/customers/${customerId}/charges`)).body
    for (const { id, day, cents } of charges)
      expect(billed).toMatchObject({
        data: expect.arrayContaining([
          expect.objectContaining({ id, amountCents: cents, createdAt: expect.stringMatching(`^${day}T`) }),
        ]),
      })
    const sameDay = charges.slice(0, 2).map(({ day, cents }) => `${day} ${cents}`)
    expect(new Set(sameDay).size === 1 && sameDay.length === 2).toBe(shows === "double-charge")
  })
})

it("every page is rendered, and every screenshot is expected", () => {
  const folders = ["workflows/support-refund/screens", "test/fixtures/screens"]
  const files = (extension: string) =>
    folders
      .flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`))
      .filter((name) => name.endsWith(extension))
  expect(files(".png").sort()).toEqual(expectedScreens.map(({ file }) => file).sort())
  for (const page of files(".html")) expect(existsSync(page.replace(/\.html$/, ".png"))).toBe(true)
})
