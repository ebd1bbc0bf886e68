/** Tells the engine what a command asks. */
import type { Engine } from "../engine/engine.ts"
import { unreachable } from "../lib/assert.ts"
import type { Command } from "../protocol/command.ts"

/** Obeys `command`, or throws what is wrong with it and changes nothing. */
export async function obey({ commands }: Engine, command: Command): Promise<void> {
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
    default:
      return unreachable(command)
  }
}
