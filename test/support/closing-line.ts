/**
 * Prints one plain last line, `Tests: 12 passed, 0 failed, 1 skipped`, for scripts and build servers that read counts.
 * A run whose files could not even be collected counts each such file as failed, so that the line never looks green.
 */
import type { Reporter, TestModule } from "vitest/node"

export class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0, pending: 0 }
    for (const module of modules) {
      for (const test of module.children.allTests()) counts[test.result().state] += 1
      if (module.errors().length > 0) counts.failed += 1
    }
    const skipped = counts.skipped + counts.pending
    console.log(`\nTests: ${counts.passed} passed, ${counts.failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`)
  }
}
