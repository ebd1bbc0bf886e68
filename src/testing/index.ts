/** What authors import as `"waybill/testing"`: doubles and runners that need no network and no waiting. */

export { type FakeClock, fakeClock } from "../lib/fake-clock.ts"
export {
  type AiGatewayRequest,
  type AiGatewayStub,
  type AiGatewayStubOptions,
  aiGatewayStub,
  gatewayError,
} from "./ai-gateway-stub.ts"
export {
  type AiCall,
  type FakeAi,
  type FakeAiAnswers,
  type FakeAiRun,
  fakeAi,
  fakeAiWorker,
  overRpc,
} from "./fake-ai.ts"
export { expectReplay, type GoldenOptions, type RecordedRun, replayRun } from "./golden.ts"
export type { GoldenExpectation } from "./golden-problems.ts"
export { type ModerationOptions, reviewRecorded } from "./moderation.ts"
export {
  compareRuns,
  exportRun,
  forkRun,
  type RehearsalOptions,
  rehearseRun,
  type TestForkOptions,
} from "./recorded-run.ts"
export { createRun, runWorkflow, type TestRun, type TestRunOptions } from "./run-workflow.ts"
export { type Script, type ScriptedAnswer, type ScriptedModel, scriptedModel } from "./scripted-model.ts"
