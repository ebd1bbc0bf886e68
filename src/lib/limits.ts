/** Every limit of the product, in one place, each with the reason for its size. */

/** Bytes of canonical JSON over which a value leaves the log for the blob store: keeps a row far below the platform's 2 MB. */
export const INLINE_VALUE_BYTES = 128 * 1024

/** Bytes of one event's data in the log: a row of the platform holds 2 MB, and an event may carry several inline values. */
export const MAX_EVENT_BYTES = 1536 * 1024

/** Bytes of one stored value or medium. A Durable Object has 128 MB in all, and a value is held about three times while it is copied. */
export const MAX_BLOB_BYTES = 25 * 1024 * 1024

/** Characters of an answer that could not be used that are kept with its attempt: enough to mend it by hand. */
export const MAX_KEPT_ANSWER_CHARS = 16_000

/** Bytes of canonical JSON of one value in all its parts: half of what a Durable Object has, for a value is held beside parts of its text. */
export const MAX_VALUE_BYTES = 64 * 1024 * 1024

/** How often the blob store is asked before it counts as failed, and the longest wait after the first time, doubled each time: some seconds in all. */
export const MAX_BLOB_TRIES = 6
export const BLOB_AGAIN_MS = 200

/** Bytes of one HTTP request body that is not a medium. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024

/** Steps that one run may execute, composites and loop iterations included: state stays within an isolate's memory. */
export const MAX_STEPS_PER_RUN = 30_000

/** Items of one `map`. */
export const MAX_MAP_ITEMS = 10_000

/** Items of a `map`, or branches of a `parallel`, that run at once unless their author says otherwise. */
export const DEFAULT_CONCURRENCY = 10

/** Steps of one run in flight at once, whatever its author says: each may hold a connection and its buffers. */
export const MAX_CONCURRENT_STEPS = 100

/** Signals that a run keeps for steps that do not wait for them yet: whoever sends more is not heard. */
export const MAX_PENDING_SIGNALS = 1_000

/** How deep graphs may nest, and how many runs may stand above a child run. */
export const MAX_DEPTH = 16

/** Steps in one graph, counted through all its scopes. */
export const MAX_GRAPH_STEPS = 2_000

/** Bytes of outputs kept in memory for the steps that read them. */
export const VALUE_CACHE_BYTES = 16 * 1024 * 1024

/** A crash is noticed at most this long after it: the watchdog is never further ahead while a step is in flight. Each look costs a few row writes. */
export const WATCHDOG_MS = 3_000

/** How often a run whose workflow is not deployed any more looks whether it is back: each look brings its object to memory. */
export const LOOK_FOR_CODE_MS = 900_000

/** A turn of a long run ends after so many steps or so much time, and goes on from the alarm with fresh limits of the platform. */
export const MAX_STEPS_PER_TURN = 2_000
export const MAX_TURN_MS = 60_000

/** Attempts of one step that a crash cut off before the step is blamed for the crashes. */
export const MAX_INTERRUPTIONS = 10

/** Attempts of a step whose author says nothing, and of an operation over all its candidates. */
export const DEFAULT_STEP_ATTEMPTS = 3
export const MAX_OPERATION_ATTEMPTS = 8

/** How long one attempt at a compensation may take whose step and tool say nothing: a run that has ended cannot be cancelled. */
export const DEFAULT_COMPENSATION_MS = 5 * 60_000

/** Characters of an error's message in the log, and bytes of each of its details and of all of them: a step's end must fit into its event. */
export const MAX_ERROR_MESSAGE_CHARS = 8_000
export const MAX_ERROR_DETAIL_BYTES = 8 * 1024
export const MAX_ERROR_DETAILS_BYTES = 32 * 1024

/** How long an Idempotency-Key answers with the run that it started. */
export const IDEMPOTENCY_KEEP_MS = 86_400_000

/** How long an operation of the OpenAI-compatible door can be looked up. */
export const OPERATIONS_KEEP_MS = 30 * 86_400_000

/** Operations on one page of a list: each holds all its attempts. */
export const MAX_LISTED_OPERATIONS = 200

/** Bytes of one request to the OpenAI-compatible door: images stand in it as text. */
export const MAX_DOOR_BODY_BYTES = 40 * 1024 * 1024

/** Runs on one page of a list. */
export const MAX_LISTED_RUNS = 200

/** How long a run that undoes itself is waited for by the one above it, which asks again. */
export const UNDO_WAIT_MS = 10_000

/** How long whoever waited for a run's end is kept until its tenant's lists know it: their object may be away. */
export const TELL_PATIENCE_MS = 1_000

/** Runs in one tree of runs. */
export const MAX_TREE_RUNS = 1_000

/** Steps on one page of a run's steps: each may carry several operations with all their attempts. */
export const MAX_LISTED_STEPS = 500

/** How long one request may wait for a run to end: clients and proxies give up on longer ones. */
export const MAX_WAIT_MS = 120_000

/** Fetching a medium from a URL: how often it may be redirected, and how long it may take in all. */
export const MAX_MEDIA_REDIRECTS = 3
export const MEDIA_TIMEOUT_MS = 15_000

/** Media in one run's input. */
export const MAX_MEDIA_PER_INPUT = 50

/** Busy runs of one tenant unless the variable `TENANT_CONCURRENCY` says otherwise: one tenant's burst leaves the platform's connections to others. */
export const DEFAULT_TENANT_CONCURRENCY = 1_000

/** How soon a run that was given a place, and has not said that it has it, is told again. */
export const GO_AGAIN_MS = 5_000

/** Runs that one bulk fork takes: its items are rows of the tenant's object. */
export const MAX_BULK_RUNS = 10_000

/** Forks of one bulk fork that are busy at once: they share the tenant's places with its own runs. */
export const DEFAULT_BULK_CONCURRENCY = 4
export const MAX_BULK_CONCURRENCY = 50

/** Bulk forks of one tenant that are under way at once. */
export const MAX_OPEN_BULK_FORKS = 10

/** Forks on one page of a dry run: each is read from a recording. */
export const MAX_DRY_RUN_FORKS = 50

/** Runs that succeeded, of which the cost of steps is taken that a failed run never came to. */
export const COST_SAMPLES = 5

/** How long a bulk fork can be looked up after it has ended. */
export const BULK_FORKS_KEEP_MS = 90 * 86_400_000

/** Runs on one page of a moderation review: each is read from its recording. */
export const MAX_REVIEWED_RUNS = 100

/** Groups of one usage report. */
export const MAX_USAGE_GROUPS = 1_000

/** Schedules of one tenant. */
export const MAX_SCHEDULES = 1_000

/** How soon a scheduled start that did not get through is tried again. */
export const START_AGAIN_MS = 5_000
