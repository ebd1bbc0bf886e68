/**
 * The floor that the benches compare with: the least that a durable run can be. One row per step, one call per step,
 * nothing checked, nothing recorded, nothing that could be resumed.
 */

import { DurableObject } from "cloudflare:workers"
import { createOpenAICompatible } from "@ai-sdk/openai-compatible"

/** How a step asks the stub: not at all, by a bare `fetch`, or through the provider's package, as every model step must. */
export type BareCalls = "none" | "fetch" | "package"

export class BareObject extends DurableObject<{ readonly STUB_URL: string }> {
  /** Takes `steps` steps, each with its call and with one row written. */
  async run(steps: number, calls: BareCalls): Promise<number> {
    const { sql } = this.ctx.storage
    sql.exec("CREATE TABLE IF NOT EXISTS step (seq INTEGER PRIMARY KEY, data TEXT NOT NULL)")
    const ask = this.#asker(calls)
    for (let index = 0; index < steps; index += 1) {
      const data = await ask?.(`Step ${index}`)
      sql.exec("INSERT INTO step (data) VALUES (?)", data ?? "{}")
      // A real step is its own commit; without this, steps without a call would all be one.
      if (!ask) await this.ctx.storage.sync()
    }
    return steps
  }

  #asker(calls: BareCalls): ((text: string) => Promise<string>) | undefined {
    const { STUB_URL } = this.env
    if (calls === "fetch")
      return async (content) => {
        const body = JSON.stringify({ model: "stub", messages: [{ role: "user", content }] })
        const headers = { "content-type": "application/json" }
        return (await fetch(`${STUB_URL}/v1/chat/completions`, { method: "POST", headers, body })).text()
      }
    if (calls === "none") return undefined
    const model = createOpenAICompatible({ name: "stub", baseURL: `${STUB_URL}/v1` }).languageModel("stub")
    return async (text) => {
      const { content } = await model.doGenerate({ prompt: [{ role: "user", content: [{ type: "text", text }] }] })
      return JSON.stringify(content)
    }
  }
}
