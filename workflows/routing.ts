/**
 * The routing that Waybill starts with. Real models first, the embedded ones last: a provider without a key is skipped as
 * `not_configured`, so this same file serves a laptop without keys and a deployment with many.
 * Replace any of it live with `PUT /v1/routing`.
 */
import { defineRouting } from "../src/routing/define.ts"

export const routing = defineRouting({
  models: {
    fast: "openai/gpt-5-nano",
    quick: "google/gemini-3.5-flash-lite",
    eyes: "google/gemini-3.8-flash",
    strong: "anthropic/claude-opus-5",
    steady: "anthropic/claude-sonnet-5",
    wide: "openai/gpt-5.5",
  },
  routes: {
    vision: {
      try: ["eyes", "steady", "wide", "local/ocr", "local/extract"],
      timeout: { attempt: "60s", total: "3m" },
    },
    classify: {
      try: ["fast", "quick", "local/extract"],
      timeout: { attempt: "20s", total: "60s" },
    },
    plan: {
      try: ["strong", "wide", "eyes", "local/extract"],
      timeout: { attempt: "2m", total: "6m" },
    },
    generate: {
      try: ["steady", "wide", "eyes", "local/template", "local/extract"],
      timeout: { attempt: "2m", total: "6m" },
    },
    agent: {
      try: ["strong", "wide", "eyes", "local/extract", "local/template"],
      timeout: { attempt: "2m", total: "6m" },
    },
    moderate: {
      try: ["openai/omni-moderation-latest", "local/moderate", "fast", "quick", "local/extract"],
      timeout: { attempt: "20s", total: "60s" },
    },
    embed: {
      try: ["openai/text-embedding-3-small", "google/gemini-embedding-001", "local/embed"],
      timeout: { attempt: "30s", total: "90s" },
    },
    transcribe: {
      try: ["openai/gpt-4o-transcribe", "openai/whisper-1"],
      timeout: { attempt: "2m", total: "6m" },
    },
  },
  rules: [
    // A run that names a region is served there or not at all.
    { when: { "run.region": { $ne: null } }, require: { region: "{run.region}" } },
    // Two failures of a planner are enough of the same: another model.
    { when: { "step.kind": "plan", "step.failures": { $gte: 2 } }, use: "wide" },
  ],
  // The embedded models run on this machine: nothing is hidden from them.
  redact: [
    { detect: ["secret", "email", "card", "iban"], mode: "token", except: ["local"] },
    { detect: ["private-key"], mode: "block", except: ["local"] },
  ],
  media: { pdf: "text" },
})
