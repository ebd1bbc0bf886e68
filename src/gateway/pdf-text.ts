/** The text of a PDF, for models that cannot read one. Loaded only when it is needed: the reader is large. */

/** Text of the document, its pages apart by a form feed. Throws when the bytes are not a PDF that can be read. */
export async function pdfText(bytes: Uint8Array): Promise<string> {
  const { extractText, getDocumentProxy } = await import("unpdf")
  // The reader takes the buffer for itself, and the bytes are wanted again for the next candidate.
  const document = await getDocumentProxy(bytes.slice())
  const { text } = await extractText(document, { mergePages: false })
  return text.join("\f")
}
