/**
 * Process groups. Each child of the launcher leads a group of its own, so that one signal reaches it and everything it
 * started in turn (`wrangler dev` starts the Workers runtime and a compiler), and the terminal's Ctrl-C reaches only us.
 *
 * A process that has ended but that nobody has reaped yet counts as ended: in a container without an init process the
 * grandchildren of a dead child stay so for ever.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"

/** Sends `signal` to every process of the group. A group that is gone is no error. */
export function signalGroup(leaderPid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leaderPid, signal)
  } catch (error) {
    if (!isGone(error)) throw error
  }
}

/** Whether any process of the group still runs. */
export function isGroupAlive(leaderPid: number): boolean {
  if (!exists(-leaderPid)) return false
  const members = processIds()
    .flatMap((pid) => processState(pid) ?? [])
    .filter(({ group }) => group === leaderPid)
  // Without `/proc` nothing is known of the members, only that there are some.
  return members.length === 0 || members.some(({ ended }) => !ended)
}

export function isProcessAlive(pid: number): boolean {
  return exists(pid) && processState(pid)?.ended !== true
}

function processIds(): number[] {
  return existsSync("/proc") ? readdirSync("/proc").map(Number).filter(Number.isInteger) : []
}

function processState(pid: number): { readonly group: number; readonly ended: boolean } | undefined {
  try {
    // `pid (any name, even with brackets) state parent group …`
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    const [state, , group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    return { group: Number(group), ended: state === "Z" || state === "X" }
  } catch {
    return undefined
  }
}

function exists(target: number): boolean {
  try {
    process.kill(target, 0)
    return true
  } catch (error) {
    return !isGone(error)
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ESRCH"
}
