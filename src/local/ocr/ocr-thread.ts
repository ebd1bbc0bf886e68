/**
 * The worker thread of the text reader: photon prepares an image, tesseract reads it, `layout.ts` puts the words back
 * into rows. Everything that tesseract needs comes from npm packages: it would otherwise fetch its language data from
 * the network and write it into the working directory.
 */
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import tesseract from "tesseract.js"
import { z } from "zod"
import { serveThread } from "../serve-thread.ts"
import { layoutText } from "./layout.ts"
import { prepareImage } from "./prepare-image.ts"

const LANGUAGE_DATA = dirname(createRequire(import.meta.url).resolve("@tesseract.js-data/eng/package.json"))

const request = z.object({ image: z.instanceof(Uint8Array) })

await serveThread(async () => {
  const reader = await tesseract.createWorker("eng", tesseract.OEM.LSTM_ONLY, {
    langPath: join(LANGUAGE_DATA, "4.0.0_best_int"),
    cacheMethod: "none",
    gzip: true,
    // Without a handler tesseract.js throws inside an event listener, which would end this thread.
    errorHandler: () => undefined,
  })
  await reader.setParameters({ tessedit_pageseg_mode: tesseract.PSM.AUTO, debug_file: "/dev/null" })

  return async (message: unknown) => {
    const { image } = request.parse(message)
    const { pgm } = prepareImage(image)
    const { data } = await reader.recognize(pgm, {}, { text: false, blocks: true })
    return { text: layoutText(data.blocks ?? []), confidence: data.confidence / 100 }
  }
})
