/** The public interface: what a program that embeds the controller imports. */
import type { Config } from "./config/index.ts";
import type { Decision } from "./domain/model/decision.ts";
import type { ComponentPolicy, RulePolicy } from "./domain/model/policy.ts";

export { type Config, defineConfig, effectiveConfig, loadConfig, type WrittenConfig } from "./config/index.ts";
export { type Explanation, ScalingController, type ScalingControllerOptions, type TickReport } from "./controller.ts";
export { explainDecision } from "./domain/decision/explain.ts";
export type { Replay } from "./domain/decision/replay.ts";
export { ControllerError, DependencyError, InputError } from "./domain/model/errors.ts";
export {
  ACTIONS,
  type ActionName,
  MODES,
  type Mode,
  STRATEGIES,
  type StrategyName,
  TRIGGERS,
  type TriggerName,
} from "./domain/model/trigger.ts";
export { LOOPS, type LoopName, type LoopOutcome } from "./flow.ts";
export type { Clock, Log, MetricSource, Notifier, Orchestrator, Ports, StateStore } from "./ports.ts";
export type { DashboardData, ScalingMetrics } from "./report/index.ts";
export { type Scheduler, TimerScheduler } from "./scheduler.ts";
export type { StateDocument } from "./state-document.ts";

/** The effective configuration: every default filled in. */
export type ScalingConfig = Config;
/** When a component grows or shrinks, and how far. */
export type ScalingRule = RulePolicy;
/** Details, reasoning, confidence, expected impact, status and result of one decision. */
export type ScalingDecision = Decision;
/** Limits, targets and behaviour of one component; what it has now is in ScalingMetrics. */
export type ComponentScalingPolicy = ComponentPolicy;
