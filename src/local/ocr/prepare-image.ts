/**
 * An image made ready for reading: decoded by photon, grey, twice as large, dark pages inverted, as a PGM file. PGM has
 * no compression, so neither side spends time on it: encoding PNG took longer here than all the rest.
 */
import { grayscale, PhotonImage, resize, SamplingFilter } from "@cf-wasm/photon/node"
import { wireError } from "../wire-error.ts"

/** Small type doubles in size and is read better; beyond these, memory and time grow and accuracy does not. */
const SCALE = 2
const MAX_WIDTH = 2560
const MAX_PIXELS = 12_000_000
/** Mean brightness below which a page counts as light text on dark: inverted it reads as well and twice as fast. */
const DARK = 110

export interface PreparedImage {
  readonly pgm: Buffer
  readonly width: number
  readonly height: number
}

/** Throws a 400 wire error when the bytes cannot be decoded. */
export function prepareImage(bytes: Uint8Array): PreparedImage {
  const image = decode(bytes)
  const [width, height] = [image.get_width(), image.get_height()]
  const scale = Math.min(SCALE, MAX_WIDTH / width, Math.sqrt(MAX_PIXELS / (width * height)))
  grayscale(image)
  const large = resize(
    image,
    Math.max(1, Math.round(width * scale)),
    Math.max(1, Math.round(height * scale)),
    SamplingFilter.Triangle,
  )
  image.free()
  const prepared = toPgm(large.get_raw_pixels(), large.get_width(), large.get_height())
  large.free()
  return prepared
}

function decode(bytes: Uint8Array): PhotonImage {
  try {
    return PhotonImage.new_from_byteslice(bytes)
  } catch {
    throw wireError(400, "invalid_image", "The image cannot be decoded: the file is damaged or cut off.")
  }
}

/** Takes the red channel (all are equal now) over white, for transparent pixels carry any colour, often black. */
function toPgm(rgba: Uint8Array, width: number, height: number): PreparedImage {
  const header = Buffer.from(`P5\n${width} ${height}\n255\n`)
  const pgm = Buffer.alloc(header.length + width * height)
  header.copy(pgm)
  let sum = 0
  for (let pixel = 0, at = header.length; at < pgm.length; pixel += 4, at += 1) {
    const [grey, alpha] = [rgba[pixel] ?? 0, rgba[pixel + 3] ?? 255]
    const shade = alpha === 255 ? grey : Math.round(255 + ((grey - 255) * alpha) / 255)
    pgm[at] = shade
    sum += shade
  }
  if (sum / (width * height) < DARK) {
    for (let at = header.length; at < pgm.length; at += 1) pgm[at] = 255 - (pgm[at] ?? 0)
  }
  return { pgm, width, height }
}
