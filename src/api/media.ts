/** Uploading media. The content is named by its digest, so the same medium sent twice is kept once. */
import { z } from "zod"
import type { BlobRef } from "../lib/blob-ref.ts"
import { WaybillError } from "../lib/errors.ts"
import { MAX_BLOB_BYTES } from "../lib/limits.ts"
import { blobsOf } from "../objects/blobs.ts"
import { storeMedium } from "../objects/media.ts"
import { named } from "../protocol/wire.ts"
import { json } from "./answer.ts"
import { readBytes } from "./body.ts"
import { endpoint } from "./resource.ts"

/** What a multipart body holds beside its file. */
const MULTIPART_OVERHEAD_BYTES = 64 * 1024

const MediaReference = named(
  "MediaReference",
  z.object({
    $blob: z.string().meta({ description: "`sha256:` and the digest of the content." }),
    bytes: z.int(),
    mediaType: z.string().meta({ description: "As found in the content, whatever was declared." }),
  }),
)

export const media = [
  endpoint({
    method: "POST",
    path: "/v1/media",
    summary: "Upload an image, a PDF or a sound",
    description:
      "The body is the content itself, or a multipart form whose first file is. The answer goes into media fields of inputs.",
    rawBody: ["image/*", "application/pdf", "audio/*", "application/octet-stream", "multipart/form-data"],
    answers: { 201: { description: "The reference.", schema: MediaReference } },
    async handle({ request }, { env }) {
      const { bytes, declaredType } = await readUpload(request)
      const reference: BlobRef = await storeMedium(bytes, declaredType, "body", blobsOf(env))
      return json(reference satisfies z.infer<typeof MediaReference>, 201)
    },
  }),
]

interface Upload {
  readonly bytes: Uint8Array
  readonly declaredType: string
}

async function readUpload(request: Request): Promise<Upload> {
  const type = request.headers.get("content-type") ?? ""
  if (!type.toLowerCase().startsWith("multipart/form-data"))
    return { bytes: await readBytes(request, MAX_BLOB_BYTES), declaredType: type }
  const bytes = await readBytes(request, MAX_BLOB_BYTES + MULTIPART_OVERHEAD_BYTES)
  const form = await readForm(bytes, type)
  const file = [...form.values()].find((value) => value instanceof Blob)
  if (!file) throw new WaybillError("media_invalid", "body: found a form without a file.", { path: "body" })
  if (file.size > MAX_BLOB_BYTES)
    throw new WaybillError("body_too_large", `Found a file of ${file.size} bytes, expected at most ${MAX_BLOB_BYTES}.`)
  return { bytes: new Uint8Array(await file.arrayBuffer()), declaredType: file.type }
}

async function readForm(bytes: Uint8Array, type: string): Promise<FormData> {
  try {
    return await new Response(bytes, { headers: { "content-type": type } }).formData()
  } catch {
    throw new WaybillError("media_invalid", "body: found a form that cannot be read.", { path: "body" })
  }
}
