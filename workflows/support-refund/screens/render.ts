/**
 * Renders the screenshot pages to PNG with a headless Chromium: `node workflows/support-refund/screens/render.ts [page.html …]`.
 *
 * Owns the way from an HTML page to the PNG of the same name beside it; without arguments it renders the shipped
 * screens and the test variants. A page says how large its screenshot is:
 * `<meta name="screenshot" content="1280x860">`, or `500x820@2` for a screen with two device pixels per CSS pixel.
 * The PNGs are committed, so nothing but a change of a page needs this script or a browser. Debian's fonts-inter,
 * fonts-open-sans and fonts-liberation give the committed look.
 */

import { execFile } from "node:child_process"
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { promisify } from "node:util"

const here = fileURLToPath(new URL(".", import.meta.url).href)
const folders = [here, fileURLToPath(new URL("../../../test/fixtures/screens/", import.meta.url).href)]
const chromium = process.env.CHROMIUM ?? "chromium"

async function allPages(): Promise<string[]> {
  const lists = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(folder)).filter((name) => name.endsWith(".html")).map((name) => join(folder, name)),
    ),
  )
  return lists.flat().sort()
}

async function render(page: string): Promise<void> {
  const size = /name="screenshot" content="(\d+)x(\d+)(?:@(\d))?"/.exec(await readFile(page, "utf8"))
  if (!size) throw new Error(`${page}: found no <meta name="screenshot" content="WIDTHxHEIGHT">; add one.`)
  const [, width, height, scale = "1"] = size
  const profile = await mkdtemp(join(tmpdir(), "screens-"))
  try {
    await promisify(execFile)(chromium, [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--hide-scrollbars",
      "--disable-lcd-text",
      `--user-data-dir=${profile}`,
      `--window-size=${width},${height}`,
      `--force-device-scale-factor=${scale}`,
      `--screenshot=${page.replace(/\.html$/, ".png")}`,
      pathToFileURL(page).href,
    ])
  } finally {
    await rm(profile, { recursive: true, force: true })
  }
}

const asked = process.argv.slice(2).map((page) => resolve(page))
for (const page of asked.length > 0 ? asked : await allPages()) {
  await render(page)
  console.log(`rendered ${page.replace(/\.html$/, ".png")}`)
}
