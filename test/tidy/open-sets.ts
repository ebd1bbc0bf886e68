/**
 * The ★ folders are open sets: one contract file, one member per file, and an `index.ts` that lists the members. A file
 * that the index does not import must serve the members, that is, be imported by one of them; otherwise somebody wrote
 * a member and forgot the entry. Members do not import each other.
 */
import { posix } from "node:path"
import { STAR_FOLDERS } from "./shape.ts"
import type { Problem, SourceFile } from "./source-file.ts"

export function openSetProblems(files: readonly SourceFile[], folders: readonly string[] = STAR_FOLDERS): Problem[] {
  return folders.flatMap((folder) => {
    const inside = files.filter(({ path }) => posix.dirname(path) === folder)
    return inside.length === 0 ? [] : folderProblems(folder, inside)
  })
}

function folderProblems(folder: string, inside: readonly SourceFile[]): Problem[] {
  const index = inside.find(({ path }) => path === `${folder}/index.ts`)
  if (!index)
    return [{ path: folder, line: 1, message: "an open set has no index.ts. Add one that lists the members." }]
  const others = inside.filter((file) => file !== index)
  const used = new Set(inside.flatMap((file) => file.imports.map(({ target }) => target)))
  // The index takes a member's value; from the contract it needs at most types.
  const members = new Set(index.imports.filter(({ typeOnly }) => !typeOnly).map(({ target }) => target))
  return others.flatMap((file) => {
    if (!used.has(file.path)) return [unlisted(file.path, index.path)]
    if (!members.has(file.path)) return []
    return file.imports
      .filter(({ target }) => target !== undefined && members.has(target))
      .map(({ target, line }) => sideways(file.path, line, target))
  })
}

function unlisted(path: string, index: string): Problem {
  return {
    path,
    line: 1,
    message: `nothing uses this file. If it is a member, add its entry to ${index}; if not, delete it.`,
  }
}

function sideways(path: string, line: number, target: string | undefined): Problem {
  return {
    path,
    line,
    message: `a member imports another member (${target}). Move what they share into a file of its own.`,
  }
}
