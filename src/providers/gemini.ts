/** What Gemini takes, on Google AI and on Vertex alike. */

export const GEMINI_MEDIA: readonly string[] = [
  "image/png",
  "image/jpeg",
  "image/webp",
  "image/heic",
  "image/heif",
  "application/pdf",
  "audio/*",
]
/** A request with inline data may be no larger. */
export const GEMINI_MAX_REQUEST_BYTES = 20 * 1024 * 1024
