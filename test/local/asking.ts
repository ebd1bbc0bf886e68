/** What the tests of the server share: a question about a screenshot, and how it is asked. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type OpenAI from "openai"
import { z } from "zod"

export const SCREENS = join(import.meta.dirname, "../fixtures/screens")
export const SCREEN = readFileSync(join(SCREENS, "error-page-export.png"))

export const errorScreen = z.object({
  text: z.string().describe("All visible text"),
  errorCode: z.string().nullable().describe("Error code, like ABC-1234"),
})

export const responseFormat = {
  type: "json_schema" as const,
  json_schema: { name: "screen", strict: true, schema: z.toJSONSchema(errorScreen) },
}

export function imagePart(png: Buffer): OpenAI.ChatCompletionContentPartImage {
  return { type: "image_url", image_url: { url: `data:image/png;base64,${png.toString("base64")}` } }
}

export const question: OpenAI.ChatCompletionUserMessageParam[] = [
  { role: "user", content: [{ type: "text", text: "Read this. The code is not NO-0000." }, imagePart(SCREEN)] },
]

export function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  })
}
