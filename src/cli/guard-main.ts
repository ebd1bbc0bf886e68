/**
 * The guard: a small process beside the launcher that ends the launcher's children when the launcher itself can no
 * longer do so, because it was killed outright. Its standard input is a pipe from the launcher: one process group a
 * line, `+123` for a new one and `-123` for one that has ended. When the pipe closes, the launcher is gone.
 *
 * It leads a group of its own and ignores the signals of a terminal, or it would die together with what it guards.
 */
import { createInterface } from "node:readline"
import { signalGroup } from "./process-group.ts"

/** Between asking and forcing: enough for a database to be closed. */
const PATIENCE_MS = 1_000

const groups = new Set<number>()
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {})

const lines = createInterface({ input: process.stdin })
lines.on("line", (line) => {
  const pid = Number(line.slice(1))
  if (line.startsWith("+")) groups.add(pid)
  else groups.delete(pid)
})
lines.on("close", () => {
  for (const pid of groups) signalGroup(pid, "SIGTERM")
  if (groups.size > 0) setTimeout(forceAll, PATIENCE_MS)
})

function forceAll(): void {
  for (const pid of groups) signalGroup(pid, "SIGKILL")
}
