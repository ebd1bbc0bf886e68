/**
 * Shows a run while it goes on, in one of two ways: as text (on a terminal with live lines for what is under way), or as
 * one JSON event a line for programs.
 */
import type { Clock } from "../lib/clock.ts"
import type { RunEvent } from "../run/event.ts"
import { animate } from "./animation.ts"
import { postCommand, wrap } from "./format.ts"
import { columns, RunProgress, type StepLine } from "./run-progress.ts"
import type { Screen, Style } from "./screen.ts"

export interface RunView {
  show(event: RunEvent): void
  /** Takes the live lines away. Nothing is shown afterwards. */
  close(): void
}

/** Steps shown as under way at once: lines that leave the screen at its top could not be erased. */
const MOST_LIVE = 8
const MARKS: Readonly<Record<StepLine["status"], { readonly sign: string; readonly style: Style }>> = {
  running: { sign: "…", style: "cyan" },
  retrying: { sign: "↻", style: "yellow" },
  waiting: { sign: "‖", style: "yellow" },
  completed: { sign: "✓", style: "green" },
  failed: { sign: "✗", style: "red" },
  skipped: { sign: "–", style: "dim" },
  interrupted: { sign: "!", style: "yellow" },
}
/** Events after which a step's line is printed for good. */
const TOLD = ["step.completed", "step.failed", "step.skipped", "step.waiting", "step.interrupted"]

export class TextRunView implements RunView {
  readonly #screen: Screen
  readonly #clock: Clock
  readonly #url: string
  readonly #progress = new RunProgress()
  readonly #stopAnimation: () => void
  #spinner = ""

  /** `url` is the server's, for the commands that answer a run that waits. */
  constructor(screen: Screen, clock: Clock, url: string) {
    this.#screen = screen
    this.#clock = clock
    this.#url = url
    this.#stopAnimation = animate(clock, (spinner) => {
      this.#spinner = spinner
      this.#draw()
    })
  }

  show(event: RunEvent): void {
    this.#progress.apply(event)
    const line = TOLD.includes(event.type) ? this.#progress.line(event.path, event.atMs) : undefined
    if (line) this.#tell(line)
    this.#draw()
  }

  close(): void {
    this.#stopAnimation()
    this.#screen.draw([])
    const { ended } = this.#progress.state
    const style = ended === "succeeded" ? "green" : "red"
    this.#screen.print("", `  ${this.#screen.style(style, this.#progress.summary(this.#clock.nowMs()))}`)
  }

  #tell(line: StepLine): void {
    const { sign, style } = MARKS[line.status]
    const indent = "      "
    const notes = line.notes.flatMap((note) => wrap(note, Math.max(40, this.#screen.width - indent.length - 1)))
    this.#screen.print(
      `  ${this.#screen.style(style, sign)} ${columns(line)}`,
      ...notes.map((note) => this.#screen.style("dim", `${indent}${note}`)),
      ...(line.answer ? [`${indent}${postCommand(`${this.#url}${line.answer.to}`, line.answer.body)}`] : []),
    )
  }

  #draw(): void {
    if (!this.#screen.isLive) return
    const nowMs = this.#clock.nowMs()
    const unfinished = this.#progress.unfinished(nowMs)
    const lines = unfinished.slice(0, MOST_LIVE).map((line) => {
      return `  ${line.status === "running" ? this.#spinner : MARKS[line.status].sign} ${columns(line)}`
    })
    const more = unfinished.length > MOST_LIVE ? [`    and ${unfinished.length - MOST_LIVE} more`] : []
    this.#screen.draw([...lines, ...more, `  ${this.#progress.summary(nowMs)}`])
  }
}

export class JsonRunView implements RunView {
  readonly #screen: Screen

  constructor(screen: Screen) {
    this.#screen = screen
  }

  show(event: RunEvent): void {
    this.#screen.print(JSON.stringify(event))
  }

  close(): void {}
}
