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

  // Blobs
  blob_missing: {
    status: 404,
    retryable: false,
    remedy: "Upload the content again (POST /v1/media), or bind the bucket that the run was written with.",
  },
  blob_corrupt: {
    status: 500,
    retryable: false,
    remedy: "Restore the blob named from a backup: its content is not what was stored.",
  },

  blobs_unreachable: { status: 503, retryable: true, remedy: "Try again later; the bucket BLOBS does not answer." },

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
  output_refused: {
    status: 422,
    retryable: false,
    remedy:
      "Give an output that fits the output schema of the step, or of the tool that has a stub (GET /v1/workflows/{name}).",
  },
  step_failed: {
    status: 500,
    retryable: false,
    remedy: "Read the cause in the step's log; rerun from the step once it is mended.",
  },
  step_timeout: { status: 504, retryable: true, remedy: "Raise the step's timeout, or make the step faster." },
  run_timeout: { status: 504, retryable: false, remedy: "Raise the workflow's timeout, or make the run shorter." },
  run_cancelled: { status: 409, retryable: false, remedy: "Start a new run." },
  limit_exceeded: { status: 422, retryable: false, remedy: "Stay within the limit or split the work over child runs." },
  workflow_changed: {
    status: 409,
    retryable: false,
    remedy: "Rerun from the step named, or deploy the version that the run was started with.",
  },

  run_ended: { status: 409, retryable: false, remedy: "Start a new run, or rerun or fork this one." },
  run_exists: {
    status: 409,
    retryable: false,
    remedy: "Open a socket at /v1/runs/new/socket for each run that you start.",
  },
  step_crashed: {
    status: 500,
    retryable: false,
    remedy: "The step ended its own process again and again: make it use less memory or time, then rerun from it.",
  },
  step_not_found: { status: 404, retryable: false, remedy: "Take a path from GET /v1/runs/{id}/steps." },
  not_waiting: { status: 409, retryable: false, remedy: "Read what the run waits for in GET /v1/runs/{id}." },
  not_allowed: { status: 403, retryable: false, remedy: "Ask one of the people named." },
  signal_invalid: {
    status: 422,
    retryable: false,
    remedy: "Send a payload that fits the schema of the step that waits for the signal.",
  },
  export_invalid: {
    status: 422,
    retryable: false,
    remedy: "Export the run again (GET /v1/runs/{id}/export), and keep the file as it comes.",
  },
  no_operation: {
    status: 404,
    retryable: false,
    remedy: "Name a step that asked a model: GET /v1/runs/{id}/steps/{path} lists its operations.",
  },
  unanswered: {
    status: 409,
    retryable: false,
    remedy:
      'Give the step an output, or skip it. To have it done for real, replay the run with beyond: "live", or fork it from the step.',
  },
  step_undone: {
    status: 409,
    retryable: false,
    remedy: "Start from the step named, or before it; or give its output anew.",
  },
  edit_invalid: {
    status: 422,
    retryable: false,
    remedy:
      "Edit a step that has not started, or is held, with a part that it has and that fits its schema; or fork the run from the step.",
  },
  approval_rejected: {
    status: 409,
    retryable: false,
    remedy: 'Set onReject: "continue" on the approval to go on with its answer instead.',
  },
  wait_timeout: {
    status: 504,
    retryable: false,
    remedy: "Raise the timeout of the wait, or set what happens then with onTimeout.",
  },
  unknown_reference: {
    status: 500,
    retryable: false,
    remedy: "Correct the name: a closure sees `input` and the steps that stand before its own.",
  },
  not_a_list: { status: 500, retryable: false, remedy: "Make the map's `over` return an array." },
  unknown_case: { status: 500, retryable: false, remedy: "Make the branch's select return one of its cases." },
  child_not_undone: { status: 500, retryable: false, remedy: "Undo by hand what those steps of the child run did." },
  compensation_lost: { status: 500, retryable: false, remedy: "Undo by hand what the step did." },
  effect_unknown: { status: 500, retryable: false, remedy: "Find out whether it happened; undo it by hand if so." },
  compensation_interrupted: {
    status: 500,
    retryable: false,
    remedy: "Find out whether the tool's effect was undone, and undo it by hand if it was not.",
  },
  agent_gave_up: {
    status: 500,
    retryable: false,
    remedy: 'Raise the agent\'s maxTurns, narrow its task, or set onMaxTurns: "answer".',
  },
  child_failed: { status: 500, retryable: false, remedy: "Read the child run named for the cause." },
  operation_failed: {
    status: 502,
    retryable: true,
    remedy: "Read the attempts in the step's operation; each says which model failed and how.",
  },
  tool_failed: {
    status: 502,
    retryable: true,
    remedy: "Read the tool's message; mend the tool or its input and rerun from the step.",
  },
  tool_input_invalid: {
    status: 422,
    retryable: false,
    remedy: "Make the step's input closure return what the tool's input schema says.",
  },
  tool_output_invalid: {
    status: 502,
    retryable: false,
    remedy: "Make the tool return what its output schema says, or change the schema.",
  },

  // Gateway
  routing_invalid: {
    status: 422,
    retryable: false,
    remedy: "Correct the routing configuration at the path named; nothing was changed.",
  },
  model_not_found: {
    status: 404,
    retryable: false,
    remedy: "Take a model from GET /openai/v1/models, or name one in full: provider/model.",
  },
  parameter_unsupported: { status: 400, retryable: false, remedy: "Leave the parameter named out." },
  operation_not_found: { status: 404, retryable: false, remedy: "Take an id from GET /v1/operations." },
  routing_version_not_found: { status: 404, retryable: false, remedy: "Take a version from GET /v1/routing/versions." },
  no_route: {
    status: 422,
    retryable: false,
    remedy: 'Add a route for the step\'s kind, for "<workflow>.<step>", or "default" to the routing.',
  },
  no_candidate: {
    status: 503,
    retryable: false,
    remedy:
      "Set a key of one of the providers named, or LOCAL_MODELS_URL for the embedded models; or change the route.",
  },
  provider_not_configured: {
    status: 503,
    retryable: false,
    remedy: "Set the variable or binding named, or take the provider out of the route.",
  },
  redaction_blocked: {
    status: 422,
    retryable: false,
    remedy: "Take the value named out of the step's input, or change the routing's redact rules.",
  },

  // Doors
  not_found: { status: 404, retryable: false, remedy: "Take a path from GET /openapi.json." },
  method_not_allowed: { status: 405, retryable: false, remedy: "Use one of the methods named." },
  workflow_not_found: {
    status: 404,
    retryable: false,
    remedy: "Take a name from GET /v1/workflows, or register the workflow in workflows/index.ts.",
  },
  workflow_missing: {
    status: 409,
    retryable: false,
    remedy: "Deploy the workflow again: the run goes on by itself within a quarter of an hour. Or cancel the run.",
  },
  run_not_found: { status: 404, retryable: false, remedy: "Take an id from GET /v1/runs." },
  bulk_fork_not_found: { status: 404, retryable: false, remedy: "Take an id from GET /v1/bulk-forks." },
  schedule_not_found: { status: 404, retryable: false, remedy: "Take a key from GET /v1/schedules." },
  body_not_json: { status: 400, retryable: false, remedy: "Send JSON, with content-type: application/json." },
  request_invalid: {
    status: 422,
    retryable: false,
    remedy: "Correct the parts named; GET /openapi.json describes every request.",
  },
  body_too_large: {
    status: 413,
    retryable: false,
    remedy: "Send less at once; upload media by POST /v1/media and refer to them.",
  },
  content_type_unsupported: { status: 415, retryable: false, remedy: "Send one of the content types named." },
  upgrade_required: {
    status: 426,
    retryable: false,
    remedy: "Connect with a WebSocket client, or use the HTTP endpoints of the run.",
  },
  idempotency_conflict: {
    status: 409,
    retryable: false,
    remedy: "Send a new Idempotency-Key with a new request, or the same request again with the same key.",
  },
  media_invalid: {
    status: 422,
    retryable: false,
    remedy:
      "Send a PNG, JPEG, GIF, WebP, PDF, WAV, MP3, OGG, FLAC or MP4 audio: uploaded, as a data: URL or at a public https URL.",
  },
  origin_refused: {
    status: 403,
    retryable: false,
    remedy:
      "Without API keys the server answers only on loopback: call it from the same machine, by 127.0.0.1 or localhost.",
  },
  frame_invalid: {
    status: 422,
    retryable: false,
    remedy: "Send one of the frames that the ClientFrame schema in GET /openapi.json describes.",
  },

  // The launcher
  usage: { status: 400, retryable: false, remedy: "Run `npm start -- --help` for what can be said." },
  port_taken: {
    status: 409,
    retryable: true,
    remedy: "Choose another, for example `PORT=8788 npm start`, or stop the program that holds it.",
  },
  state_taken: {
    status: 409,
    retryable: true,
    remedy: "Stop that server, or give this one a folder of its own, for example `WAYBILL_STATE=.waybill-2`.",
  },
  server_failed: { status: 500, retryable: true, remedy: "Mend what the log says, and start again." },

  replay_offline: {
    status: 500,
    retryable: false,
    remedy: "Let the step reach the world through a tool: a replay answers those from the recording.",
  },

  not_scripted: { status: 500, retryable: false, remedy: "Give the test double an answer for this call." },

  internal: { status: 500, retryable: true, remedy: "This is a fault in Waybill: report it with the run's export." },
} as const satisfies Record<string, ErrorSpec>

export type ErrorCode = keyof typeof ERROR_CODES
