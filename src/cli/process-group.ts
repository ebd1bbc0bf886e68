/**
 * Process groups. Each child of the launcher leads a group of its own, so that one signal reaches it and everything it
 * started in turn (`wrangler dev` starts the Workers runtime and a compiler), and the terminal's Ctrl-C reaches only us.
 */

/** Sends `signal` to every process of the group. A group that is gone is no error. */
export function signalGroup(leaderPid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leaderPid, signal)
  } catch (error) {
    if (!isGone(error)) throw error
  }
}

/** Whether any process of the group is left, one that waits to be reaped included. */
export function isGroupAlive(leaderPid: number): boolean {
  return canSignal(-leaderPid)
}

export function isProcessAlive(pid: number): boolean {
  return canSignal(pid)
}

function canSignal(target: number): boolean {
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
