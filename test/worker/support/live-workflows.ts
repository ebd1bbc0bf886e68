/** The workflows of the tests of the live platform: each is held, cut off or changed in its middle. */
import { workflow } from "waybill"
import { handTool, Named } from "./hands.ts"

/** One at a time. */
export const single = workflow("single", { version: 1, input: Named, concurrency: 1 })
  .tool("work", handTool(), ({ input }) => input)
  .output(() => "done")

/** As many as there are. */
export const free = workflow("free", { version: 1, input: Named })
  .tool("work", handTool(), ({ input }) => input)
  .output(() => "done")

/** One at a time, and not for long. */
export const hurried = workflow("hurried", { version: 1, input: Named, concurrency: 1, timeout: "1h" })
  .tool("work", handTool(), ({ input }) => input)
  .output(() => "done")

/** One at a time, but the time in which it waits for its signal does not count. */
export const patient = workflow("patient", { version: 1, input: Named, concurrency: 1 })
  .waitFor("letter", { signal: "letter" })
  .tool("work", handTool(), ({ input }) => input)
  .output(() => "done")

export const liveWorkflows = [single, free, hurried, patient]
