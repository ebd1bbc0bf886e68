/** The schema of a medium in a workflow's input: an image, PDF or sound, by reference. */
import { z } from "zod"
import { type BlobRef, isBlobRef } from "../lib/blob-ref.ts"

/** Marks media fields in JSON Schemas, so that whoever takes an input knows where to look for media. */
export const MEDIA_KEYWORD = "x-waybill-media"

/**
 * A media field. Callers send a blob reference from `POST /v1/media`, a `data:` URL or an https URL; steps see a blob
 * reference, because the door stores the bytes before the run is created.
 */
export function media(): z.ZodType<BlobRef, BlobRef | string> {
  const schema = z.custom<BlobRef>((value) => isBlobRef(value) || isMediaUrl(value), {
    message: "expected a blob reference from POST /v1/media, a data: URL or an https URL",
  })
  return schema.meta({ [MEDIA_KEYWORD]: true }) as unknown as z.ZodType<BlobRef, BlobRef | string>
}

export function isMediaUrl(value: unknown): value is string {
  return typeof value === "string" && /^(data:|https:\/\/)/.test(value)
}
