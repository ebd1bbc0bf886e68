/**
 * The floor that the benches compare with: the least that a durable run can be. One row per step, one call per step,
 * nothing checked, nothing recorded, nothing that could be resumed.
 */
import { DurableObject } from "cloudflare:workers"

export class BareObject extends DurableObject<{ readonly STUB_URL: string }> {
  /** Takes `steps` steps, each with one call to the stub when `calls` is set, each with one row written. */
  async run(steps: number, calls: boolean): Promise<number> {
    const { sql } = this.ctx.storage
    sql.exec("CREATE TABLE IF NOT EXISTS step (seq INTEGER PRIMARY KEY, data TEXT NOT NULL)")
    for (let index = 0; index < steps; index += 1) {
      let data = "{}"
      if (calls) {
        const body = JSON.stringify({ model: "stub", messages: [{ role: "user", content: `Step ${index}` }] })
        const response = await fetch(`${this.env.STUB_URL}/v1/chat/completions`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body,
        })
        data = await response.text()
      }
      sql.exec("INSERT INTO step (data) VALUES (?)", data)
      // A real step is its own commit; without this, steps without a call would all be one.
      if (!calls) await this.ctx.storage.sync()
    }
    return steps
  }
}
