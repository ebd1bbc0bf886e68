/** Makes live lines move: calls a drawing function again and again with the next frame of a spinner. */
import type { Clock } from "../lib/clock.ts"

const REDRAW_MS = 100
const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"] as const

/** Draws at once and then ten times a second, until the returned function is called. */
export function animate(clock: Clock, draw: (spinner: string) => void): () => void {
  let frame = 0
  let cancel = () => {}
  const next = () => {
    draw(FRAMES[frame % FRAMES.length] ?? "")
    frame += 1
    cancel = clock.setTimer(REDRAW_MS, next)
  }
  next()
  return () => cancel()
}
