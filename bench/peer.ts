/**
 * Another gateway to measure beside ours: Portkey's, as its package starts it, in front of whatever a request names. It is
 * installed when it is first asked for, outside the project, because nobody but this bench needs it.
 */
import { spawn, spawnSync } from "node:child_process"
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { freePort, ready } from "./server.ts"

const PACKAGE = "@portkey-ai/gateway"
const VERSION = "1.15.2"
const FOLDER = join(import.meta.dirname, "../.waybill/bench-peer")

export interface Peer {
  readonly name: string
  /** The address of an OpenAI-compatible API behind it, and the headers that send a request on to `target`. */
  readonly baseURL: string
  headers(target: string): Readonly<Record<string, string>>
  stop(): void
}

/** Undefined when it cannot be installed, which is said. */
export async function startPeer(): Promise<Peer | undefined> {
  const program = join(FOLDER, "node_modules", PACKAGE, "build/start-server.js")
  if (!existsSync(program) && !install()) return undefined
  const port = await freePort()
  const child = spawn(process.execPath, [program, `--port=${port}`, "--headless"], { stdio: "ignore" })
  const url = `http://127.0.0.1:${port}`
  await ready(`${url}/`, child, "its own output")
  return {
    name: `Portkey ${VERSION}`,
    baseURL: `${url}/v1`,
    headers: (target) => ({ "x-portkey-provider": "openai", "x-portkey-custom-host": target }),
    stop: () => void child.kill(),
  }
}

function install(): boolean {
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(join(FOLDER, "package.json"), "{}")
  const flags = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
  const { status, stderr } = spawnSync("npm", ["install", `${PACKAGE}@${VERSION}`, ...flags], {
    cwd: FOLDER,
    encoding: "utf8",
  })
  if (status !== 0) console.log(`${PACKAGE} could not be installed, so it is not measured: ${stderr.slice(0, 300)}`)
  return status === 0
}
