import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { imageBytes, imageSize } from "../../src/local/image.ts"

const SCREEN = readFileSync(join(import.meta.dirname, "../fixtures/screens/error-page-export.png"))

function bytes(...parts: (string | number[])[]): Uint8Array {
  const joined = Buffer.concat(
    parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : Buffer.from(part))),
  )
  return new Uint8Array(Buffer.concat([joined, Buffer.alloc(40)]))
}

describe("images", () => {
  it("reads the size in the header of each kind", () => {
    expect(imageSize(new Uint8Array(SCREEN))).toEqual({ width: 1280, height: 700 })
    expect(imageSize(bytes("GIF89a", [0x40, 1, 0xf0, 0]))).toEqual({ width: 320, height: 240 })
    expect(imageSize(bytes([0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0, 0xff, 0xc0, 0, 17, 8, 0, 240, 1, 64]))).toEqual({
      width: 320,
      height: 240,
    })
    expect(imageSize(bytes("RIFF....WEBPVP8X", [10, 0, 0, 0, 0, 0, 0, 0, 63, 1, 0, 239, 0, 0]))).toEqual({
      width: 320,
      height: 240,
    })
    expect(imageSize(bytes("BM", Array(16).fill(0), [64, 1, 0, 0, 240, 0, 0, 0]))).toEqual({ width: 320, height: 240 })
    expect(imageSize(bytes("<svg xmlns="))).toBeUndefined()
  })

  it("takes a data URL whatever its label says", () => {
    expect(imageBytes(`data:image/jpeg;base64,${SCREEN.toString("base64")}`, "x")).toHaveLength(SCREEN.length)
  })

  it("refuses an image that would fill the memory, before decoding it", () => {
    const header = Buffer.from(SCREEN)
    header.writeUInt32BE(60_000, 16)
    header.writeUInt32BE(60_000, 20)
    expect(() => imageBytes(`data:image/png;base64,${header.toString("base64")}`, "x")).toThrow("60000×60000 pixels")
  })

  it.each([
    ["https://x.example/a.png", "does not fetch images"],
    ["data:image/png,abc", "Expected a base64 data: URL"],
    [`data:image/png;base64,${Buffer.from("this is some text and not an image").toString("base64")}`, "not a PNG"],
  ])("refuses %s", (url, reason) => {
    expect(() => imageBytes(url, "x")).toThrow(reason)
  })
})
