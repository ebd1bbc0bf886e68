/** What the fake AI binding of the tests inside workerd answers, by model. */
import type { FakeAiAnswers } from "../../src/testing/fake-ai.ts"

const chunk = (choices: unknown, more: object = {}) =>
  `data: ${JSON.stringify({ id: "cf-1", object: "chat.completion.chunk", created: 1, model: "m", choices, ...more })}\n\n`
const say = (content: string) => chunk([{ index: 0, delta: { content }, finish_reason: null }])
const STREAM = `${say("Bon")}${say("jour")}${chunk([{ index: 0, delta: {}, finish_reason: "stop" }])}`
const USAGE = chunk([], { usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 } })
const events = { "content-type": "text/event-stream", "cf-aig-log-id": "log-1" }

export const FAKE_AI_ANSWERS: FakeAiAnswers = {
  "@cf/test/whole": { headers: events, body: `${STREAM}${USAGE}data: [DONE]\n\n` },
  "@cf/test/cut": { headers: events, body: say("Bon") },
  "@cf/test/busy": { throws: "3040: Capacity temporarily exceeded, please try again." },
}
