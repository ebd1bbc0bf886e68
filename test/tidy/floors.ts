/**
 * The floors: a folder of `src/` imports only from folders on lower floors, never sideways. Type imports count, for a
 * type that is needed upstairs and downstairs is a sign that it lives on the wrong floor.
 */
import type { Import, Problem, SourceFile } from "./source-file.ts"

/** Floor by folder. The same table stands, with its reasons, in ARCHITECTURE.md. */
export const FLOORS: Readonly<Record<string, number>> = {
  lib: 0,
  graph: 1,
  model: 1,
  run: 2,
  steps: 3,
  routing: 3,
  store: 3,
  ledger: 3,
  trace: 3,
  protocol: 3,
  providers: 4,
  engine: 5,
  gateway: 5,
  replay: 6,
  objects: 7,
  api: 8,
  cli: 9,
}

/** Folders that see less than everything below them, or that stand beside the floors: what each may import. */
const NARROW: Readonly<Record<string, readonly string[]>> = {
  cli: ["lib", "run", "protocol", "ledger", "trace"],
  local: ["lib"],
  testing: Object.keys(FLOORS).filter((folder) => (FLOORS[folder] ?? 0) <= 6),
}

/** Files that stand directly in `src/`. They are the roof: they may import any floor, and no floor imports them. */
const ROOF = ["src/index.ts", "src/public.ts"]

/** Folders that may name the platform; a provider may also use the models half of `agents`. */
const PLATFORM_FOLDERS = ["objects", "api"]
const PLATFORM = /^(cloudflare:|agents$|agents\/)/

export function floorProblems(files: readonly SourceFile[]): Problem[] {
  return files.filter((file) => file.path.startsWith("src/")).flatMap(fileProblems)
}

function fileProblems(file: SourceFile): Problem[] {
  const folder = folderOf(file.path)
  if (folder === undefined) {
    if (ROOF.includes(file.path) || file.path.endsWith(".d.ts")) return []
    return [
      {
        path: file.path,
        line: 1,
        message: `stands directly in src/, where only ${ROOF.join(" and ")} may. Move it into a folder.`,
      },
    ]
  }
  if (!(folder in FLOORS) && !(folder in NARROW)) {
    return [
      {
        path: file.path,
        line: 1,
        message: `src/${folder} has no floor. Add it to FLOORS in test/tidy/floors.ts and to ARCHITECTURE.md.`,
      },
    ]
  }
  return file.imports.flatMap((found) => {
    const message = found.target === undefined ? bareImport(folder, found) : relativeImport(folder, found.target)
    return message === undefined ? [] : [{ path: file.path, line: found.line, message }]
  })
}

function relativeImport(folder: string, target: string): string | undefined {
  if (!target.startsWith("src/")) {
    return `src/${folder} imports ${target}, which is outside src/. Only src/index.ts may; pass it down as a parameter.`
  }
  const other = folderOf(target)
  if (other === folder) return undefined
  if (other === undefined)
    return `src/${folder} imports ${target}, the roof. Import from the folder that owns the thing.`
  if (allowed(folder).includes(other)) return undefined
  return (
    `src/${folder} ${place(folder)} imports ${target} ${place(other)}; it may import only ${allowed(folder).join(", ") || "nothing"}. ` +
    "Take what you need as a parameter, or move the shared part to a lower floor."
  )
}

function bareImport(folder: string, { specifier }: Import): string | undefined {
  if (specifier === "waybill" || specifier.startsWith("waybill/")) {
    return `src/${folder} imports "${specifier}", the authors' door. Import the file that owns the thing.`
  }
  if (!PLATFORM.test(specifier) || PLATFORM_FOLDERS.includes(folder)) return undefined
  if (folder === "providers" && specifier.startsWith("agents/models/")) return undefined
  return (
    `src/${folder} names the platform ("${specifier}"); only ${PLATFORM_FOLDERS.join(", ")} and src/index.ts may, ` +
    "and providers may use agents/models/*. Take an interface as a parameter."
  )
}

function allowed(folder: string): readonly string[] {
  const narrow = NARROW[folder]
  if (narrow) return narrow
  const floor = FLOORS[folder] ?? 0
  return Object.keys(FLOORS).filter((other) => (FLOORS[other] ?? 0) < floor)
}

function place(folder: string): string {
  return folder in FLOORS ? `(floor ${FLOORS[folder]})` : "(beside the floors)"
}

/** The folder of `src/` that a path stands in, or `undefined` for a file directly in `src/`. */
function folderOf(path: string): string | undefined {
  const [, folder, ...rest] = path.split("/")
  return rest.length > 0 ? folder : undefined
}
