/** Tells the engine what a command asks. */
import type { Engine } from "../engine/engine.ts"
import { checkNotEnded } from "../engine/run-log.ts"
import { unreachable } from "../lib/assert.ts"
import { WaybillError } from "../lib/errors.ts"
import type { Command } from "../protocol/command.ts"
import { isHeld } from "../run/run-state.ts"
import { codeMissing } from "./start-run.ts"

/** Obeys `command`, or throws what is wrong with it and changes nothing. */
export async function obey(engine: Engine, command: Command): Promise<void> {
  const { commands } = engine
  checkNotEnded(engine.state)
  if (engine.codeMissing && !["cancel", "pause"].includes(command.type))
    throw codeMissing(engine.state.header?.workflow ?? "")
  switch (command.type) {
    case "cancel":
      return commands.cancel(command)
    case "pause":
      return commands.pause(command.by)
    case "resume":
      return commands.resume(command)
    case "signal":
      return commands.signal(command.name, command.payload, command.by)
    case "approve":
      return commands.approve(command.path, command)
    case "resolve":
      return commands.resolve(command.path, command.resolution, command.by)
    case "breakpoints":
      return commands.setBreakpoints(command.breakpoints, command.by)
    case "edit":
      return commands.edit(command.path ?? (await standingAt(engine)), command.edit, byOf(command))
    case "skip":
      return skip(engine, command.path ?? (await standingAt(engine)), command)
    case "retry":
      return retry(engine, command.path ?? (await standingAt(engine)), command)
    default:
      return unreachable(command)
  }
}

type By = { readonly by?: string }

async function skip(engine: Engine, path: string, command: By): Promise<void> {
  const step = engine.state.steps.get(path)
  if (step && isHeld(step)) return engine.commands.resolve(path, { action: "skip" }, command.by)
  return engine.commands.edit(path, { skip: true }, byOf(command))
}

function retry(engine: Engine, path: string, { model, by }: Extract<Command, { type: "retry" }>): Promise<void> {
  return engine.commands.resolve(path, { action: "retry", ...(model === undefined ? {} : { model }) }, by)
}

function byOf({ by }: By): By {
  return by === undefined ? {} : { by }
}

/** The step at which the run stands: the one that is held, else the one that would start next. */
async function standingAt(engine: Engine): Promise<string> {
  const { held, next } = await engine.stop()
  const coming = next.map(({ path }) => path)
  const at = engine.state.paused?.at
  const candidates = held.length > 0 ? held : at !== undefined && coming.includes(at) ? [at] : coming
  const [path, ...others] = candidates
  if (path !== undefined && others.length === 0) return path
  const found = candidates.length === 0 ? "no step that the run stands at" : candidates.join(", ")
  throw new WaybillError("request_invalid", `path: found ${found}; name the step that is meant.`, { path: "path" })
}
