/**
 * Where the launcher writes: lines that stay, and on a terminal a few live lines below them that are drawn again and
 * again. Without a terminal the live lines are left out, so that a log holds no escape sequences and no repetitions.
 */
import { styleText } from "node:util"
import { cut } from "./format.ts"

export type Style = "bold" | "dim" | "green" | "red" | "yellow" | "cyan"

/** The part of a stream that is used; `process.stdout` is one. */
export interface Output {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

export class Screen {
  readonly #output: Output
  readonly #colors: boolean
  #live: readonly string[] = []

  constructor(output: Output, env: Readonly<Record<string, string | undefined>>) {
    this.#output = output
    this.#colors = this.isLive && !env.NO_COLOR && env.TERM !== "dumb"
  }

  /** Whether live lines are shown at all. */
  get isLive(): boolean {
    return this.#output.isTTY === true
  }

  get width(): number {
    return this.#output.columns ?? 100
  }

  style(style: Style, text: string): string {
    return this.#colors ? styleText(style, text, { validateStream: false }) : text
  }

  /** Writes lines that stay. */
  print(...lines: readonly string[]): void {
    this.#output.write(`${this.#erased()}${[...lines, ...this.#live].map((line) => `${line}\n`).join("")}`)
  }

  /** Replaces the live lines. Each is cut to the width, because a line that wraps could not be erased. */
  draw(lines: readonly string[]): void {
    if (!this.isLive) return
    const erased = this.#erased()
    this.#live = lines.map((line) => this.style("cyan", cut(line, this.width - 1)))
    this.#output.write(`${erased}${this.#live.map((line) => `${line}\n`).join("")}`)
  }

  /** The sequence that takes the live lines away: up to the first of them, and clear from there. */
  #erased(): string {
    return this.#live.length === 0 ? "" : `\u001b[${this.#live.length}A\u001b[J`
  }
}
