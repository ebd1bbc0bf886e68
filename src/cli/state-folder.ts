/**
 * The state folder: everything that one server keeps on disk. Two servers must never share one, for both would write
 * the same databases; so the folder holds a claim, `server.json`, with the process that uses it.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import * as z from "zod"
import { WaybillError } from "../lib/errors.ts"
import { isProcessAlive } from "./process-group.ts"

export interface StateFolder {
  readonly path: string
  /** A path inside the folder. */
  file(name: string): string
  /** Gives the folder free for another server. Later calls do nothing: the claim may be somebody else's by then. */
  release(): void
}

const Claim = z.object({ pid: z.number(), url: z.string() })

/** Claims the folder for this process, making it first where needed. Throws `state_taken` when another server uses it. */
export function claimStateFolder(path: string, url: string): StateFolder {
  const folder = resolve(path)
  mkdirSync(join(folder, "logs"), { recursive: true })
  const claimPath = join(folder, "server.json")
  const holder = readClaim(claimPath)
  if (holder && isProcessAlive(holder.pid)) {
    throw new WaybillError("state_taken", `${folder} is in use by the server at ${holder.url} (process ${holder.pid}).`)
  }
  // A claim whose process is dead is left from a crash. Of two that find it so at once, only one can make it anew.
  rmSync(claimPath, { force: true })
  try {
    writeFileSync(claimPath, `${JSON.stringify({ pid: process.pid, url })}\n`, { flag: "wx" })
  } catch (error) {
    throw new WaybillError("state_taken", `${folder} was claimed by another server just now.`, {}, { cause: error })
  }
  let isHeld = true
  return {
    path: folder,
    file: (name) => join(folder, name),
    release() {
      if (isHeld) rmSync(claimPath, { force: true })
      isHeld = false
    },
  }
}

function readClaim(claimPath: string): z.infer<typeof Claim> | undefined {
  try {
    return Claim.parse(JSON.parse(readFileSync(claimPath, "utf8")))
  } catch {
    // No claim, or one that a crash cut off while it was written: nobody holds the folder.
    return undefined
  }
}
