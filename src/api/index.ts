/** The API: the list of its resources, and the app that serves them. */
import type { Deployment } from "../objects/environment.ts"
import { type App, createApp } from "./app.ts"
import { bulkForks } from "./bulk-forks.ts"
import { media } from "./media.ts"
import { moderationReviews } from "./moderation-reviews.ts"
import { openai } from "./openai.ts"
import { operations } from "./operations.ts"
import type { Endpoint } from "./resource.ts"
import { routing } from "./routing.ts"
import { runBreakpoints } from "./run-breakpoints.ts"
import { runCommands } from "./run-commands.ts"
import { runComparisons } from "./run-comparisons.ts"
import { runEvents } from "./run-events.ts"
import { runReplays } from "./run-replays.ts"
import { runReports } from "./run-reports.ts"
import { runSocket } from "./run-socket.ts"
import { runStart } from "./run-start.ts"
import { runStepper } from "./run-stepper.ts"
import { runs } from "./runs.ts"
import { schedules } from "./schedules.ts"
import { service } from "./service.ts"
import { usage } from "./usage.ts"
import { workflows } from "./workflows.ts"

const resources = [
  workflows,
  runStart,
  runs,
  runEvents,
  runCommands,
  runStepper,
  runBreakpoints,
  runReplays,
  runComparisons,
  runReports,
  runSocket,
  bulkForks,
  moderationReviews,
  schedules,
  media,
  routing,
  operations,
  usage,
  openai,
].flat()

/** All endpoints, those that describe the others included. */
export const endpoints: readonly Endpoint[] = [...service(resources), ...resources]

export function createApi(deployment: Deployment): App {
  return createApp(endpoints, deployment)
}
