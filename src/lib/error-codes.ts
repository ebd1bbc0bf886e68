/**
 * Every error this product can raise, in one table. The key is the `code` that callers match on.
 * `status` is the HTTP status, `retryable` says whether the same call may succeed later without a change,
 * `remedy` tells a person what to do. A code that nobody throws is dead and a test removes it.
 */

export interface ErrorSpec {
  readonly status: number
  readonly retryable: boolean
  readonly remedy: string
}

export const ERROR_CODES = {
  // Values
  not_json: {
    status: 422,
    retryable: false,
    remedy: "Return plain JSON: dates, classes and functions do not survive a checkpoint.",
  },
  invalid_duration: {
    status: 422,
    retryable: false,
    remedy: 'Write a number of milliseconds or text such as "300ms", "3s", "10m", "2h", "7d".',
  },

  // Graphs
  graph_invalid: { status: 500, retryable: false, remedy: "Correct the workflow's definition at the path named." },

  // Runs and steps
  input_invalid: {
    status: 422,
    retryable: false,
    remedy: "Send an input that fits the workflow's input schema (GET /v1/workflows/{name}).",
  },
  output_invalid: {
    status: 500,
    retryable: false,
    remedy: "Make the step return what its output schema says, or change the schema.",
  },
  step_failed: {
    status: 500,
    retryable: false,
    remedy: "Read the cause in the step's log; rerun from the step once it is mended.",
  },
  step_timeout: { status: 504, retryable: true, remedy: "Raise the step's timeout, or make the step faster." },
  run_timeout: { status: 504, retryable: false, remedy: "Raise the workflow's timeout, or make the run shorter." },
  run_cancelled: { status: 409, retryable: false, remedy: "Start a new run." },
  limit_exceeded: {
    status: 422,
    retryable: false,
    remedy: "Stay within the limit named, or split the work over child runs.",
  },
  workflow_changed: {
    status: 409,
    retryable: false,
    remedy: "Rerun from the step named, or deploy the version that the run was started with.",
  },

  internal: {
    status: 500,
    retryable: true,
    remedy: "This is a fault in Waybill: please report it with the run's export.",
  },
} as const satisfies Record<string, ErrorSpec>

export type ErrorCode = keyof typeof ERROR_CODES
