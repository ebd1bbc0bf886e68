/** Import circles: no file may reach itself by imports. Type imports count, since a circle of types is a missing file. */
import type { Problem, SourceFile } from "./source-file.ts"

export function circleProblems(files: readonly SourceFile[]): Problem[] {
  const byPath = new Map(files.map((file) => [file.path, file]))
  const finished = new Set<string>()
  const problems: Problem[] = []

  const visit = (file: SourceFile, trail: readonly string[]): void => {
    const path = [...trail, file.path]
    for (const found of file.imports) {
      const next = found.target === undefined ? undefined : byPath.get(found.target)
      if (!next || finished.has(next.path)) continue
      const from = path.indexOf(next.path)
      if (from < 0) visit(next, path)
      else problems.push({ path: file.path, line: found.line, message: describe([...path.slice(from), next.path]) })
    }
    finished.add(file.path)
  }
  for (const file of files) if (!finished.has(file.path)) visit(file, [])
  return problems
}

function describe(circle: readonly string[]): string {
  return `closes an import circle: ${circle.join(" → ")}. Move what both need into a file of its own.`
}
