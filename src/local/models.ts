/** The embedded models: their names, what each is for, and how it makes its answers. */
import { wireError } from "./wire-error.ts"

/** How an answer was made; every answer says so. */
export type Method = "ocr" | "extractive" | "embedding" | "classifier" | "template"

export type ModelName = "ocr" | "extract" | "template" | "embed" | "moderate"

interface ModelCard {
  readonly endpoint: string
  readonly method: Method
  readonly description: string
}

export const MODELS: Readonly<Record<ModelName, ModelCard>> = {
  ocr: {
    endpoint: "/v1/chat/completions",
    method: "ocr",
    description: "Reads the text in images (tesseract); with a JSON schema, extracts it from that text.",
  },
  extract: {
    endpoint: "/v1/chat/completions",
    method: "extractive",
    description:
      "Answers a JSON schema with what the text says: patterns, labels and sentence similarity; writes no text of its own.",
  },
  template: {
    endpoint: "/v1/chat/completions",
    method: "template",
    description: "Answers with the template that the request brings, word for word.",
  },
  embed: {
    endpoint: "/v1/embeddings",
    method: "embedding",
    description: "Sentence vectors of 512 dimensions (Universal Sentence Encoder lite, English).",
  },
  moderate: {
    endpoint: "/v1/moderations",
    method: "classifier",
    description:
      "Flags harassment, threats, hate, sexual content, self-harm and prompt injection, sentence by sentence (English).",
  },
}

/** Says which version of these models made an answer: raise it when answers change. */
export const FINGERPRINT = "waybill-local-1"

/** The model of a name, with or without the prefix `local/`; `undefined` when it is none of ours. */
export function modelName(name: string): ModelName | undefined {
  const bare = name.startsWith("local/") ? name.slice("local/".length) : name
  return isModelName(bare) ? bare : undefined
}

function isModelName(name: string): name is ModelName {
  return Object.hasOwn(MODELS, name)
}

export function unknownModel(name: string): Error {
  const names = Object.keys(MODELS).join(", ")
  const message = `The model ${JSON.stringify(name)} does not exist here. There are ${names}; set UPSTREAM_BASE_URL to an OpenAI-compatible server (Ollama, llama.cpp, …) for more.`
  return wireError(404, "model_not_found", message, "model")
}

/** For a model asked at the wrong door. */
export function wrongEndpoint(name: ModelName): Error {
  const message = `The model "${name}" answers at POST ${MODELS[name].endpoint}, not here.`
  return wireError(400, "unsupported_model_for_endpoint", message, "model")
}
