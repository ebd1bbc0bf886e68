/** Time inside workerd, moved by hand. It goes on by itself too: a clock that stood still would hold up the alarms. */
import { vi } from "vitest"

const realNow = Date.now.bind(Date)
let aheadMs = 0

/** Everybody's clock in this isolate is `ms` ahead of what it was. Alarms do not notice: run those that are due then. */
export function pass(ms: number): void {
  aheadMs += ms
  vi.spyOn(Date, "now").mockImplementation(() => realNow() + aheadMs)
}

/** Back to the real time. */
export function realTime(): void {
  aheadMs = 0
  vi.restoreAllMocks()
}
