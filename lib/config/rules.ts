import type { TriggerName } from "../domain/model/trigger.ts";
import { type ComponentConfig, type RuleConfig, RuleSchema } from "./component-schema.ts";

/*
 * The default rules, and what a rule means where it says nothing. Numbers as in the file: percent, ms, operations.
 *
 *   utilizations, PREDICTIVE            up = target + 10 points, at most 99 · down = target - 15 points, at least 1
 *   RESPONSE_TIME, THROUGHPUT,
 *   QUEUE_LENGTH                        up = target x 1.5 · down = target x 0.7
 *   ERROR_RATE                          up = target x 1.5 · down = 0: few errors are no reason to shrink
 *   PERFORMANCE_DEGRADATION             fall of the score in points: target 0, up 15, down 0 (never shrinks)
 *
 * A value is never below 0, so `down: 0` is a rule that only grows. With `resize: false` of the component, a rule that does
 * not say otherwise changes the number of tasks, whatever its trigger.
 */

type Targets = ComponentConfig["target"];
interface Thresholds {
  readonly up: number;
  readonly down: number;
}
interface TriggerDefaults {
  readonly priority: number;
  readonly actions: readonly [up: "SCALE_UP" | "SCALE_OUT", down: "SCALE_DOWN" | "SCALE_IN"];
  target(targets: Targets): number;
  thresholds(target: number): Thresholds;
  /** Unit of the three numbers, and the most they may be. */
  readonly unit: string;
  readonly max: number;
}

const SIZE = ["SCALE_UP", "SCALE_DOWN"] as const;
const NUMBER = ["SCALE_OUT", "SCALE_IN"] as const;

/** Sums and products without the dust of binary fractions: 0.1 x 1.5 is 0.15. */
function tidy(value: number): number {
  return Number(value.toPrecision(12));
}

function aroundPercent(target: number): Thresholds {
  return {
    up: tidy(Math.max(target, Math.min(99, target + 10))),
    down: tidy(Math.min(target, Math.max(1, target - 15))),
  };
}

function aroundQuantity(target: number): Thresholds {
  return { up: tidy(target * 1.5), down: tidy(target * 0.7) };
}

const percent = { unit: "percent", max: 100, thresholds: aroundPercent };
const quantity = { max: 1e12, thresholds: aroundQuantity };

/** What each trigger's rule is by default. */
export const TRIGGER_DEFAULTS: Readonly<Record<TriggerName, TriggerDefaults>> = {
  CPU_UTILIZATION: { ...percent, priority: 8, actions: SIZE, target: ({ cpu }) => cpu },
  MEMORY_UTILIZATION: { ...percent, priority: 7, actions: SIZE, target: ({ memory }) => memory },
  NETWORK_UTILIZATION: { ...percent, priority: 6, actions: NUMBER, target: ({ network }) => network },
  STORAGE_UTILIZATION: { ...percent, priority: 6, actions: SIZE, target: ({ storage }) => storage },
  RESPONSE_TIME: { ...quantity, unit: "ms", priority: 9, actions: NUMBER, target: (of) => of.responseTimeMs },
  THROUGHPUT: { ...quantity, unit: "operations/s", priority: 6, actions: NUMBER, target: (of) => of.throughput },
  QUEUE_LENGTH: { ...quantity, unit: "operations", priority: 8, actions: NUMBER, target: (of) => of.queueLength },
  ERROR_RATE: {
    unit: "percent",
    max: 100,
    priority: 9,
    actions: NUMBER,
    target: ({ errorRate }) => errorRate,
    thresholds: (target) => ({ up: Math.min(100, tidy(target * 1.5)), down: 0 }),
  },
  PERFORMANCE_DEGRADATION: {
    unit: "points of 0-100",
    max: 100,
    priority: 5,
    actions: NUMBER,
    target: () => 0,
    thresholds: (target) => ({ up: Math.min(100, target + 15), down: 0 }),
  },
  PREDICTIVE: { ...percent, priority: 7, actions: NUMBER, target: ({ cpu }) => cpu },
};

/** The rules that every component has unless it says `enabled: false`. */
export const DEFAULT_RULES: Readonly<Record<string, TriggerName>> = {
  cpu: "CPU_UTILIZATION",
  memory: "MEMORY_UTILIZATION",
  "response-time": "RESPONSE_TIME",
};

/** A rule with nothing left to guess. */
export type CompleteRule = { readonly [Field in keyof RuleConfig]-?: Exclude<RuleConfig[Field], undefined> };

/** The rule of a component that wrote nothing about it: the schema's own defaults. */
const NOTHING_WRITTEN: RuleConfig = RuleSchema.parse({});

/** The trigger of a rule: the default rules have theirs by name, the others say it. */
export function triggerOf(name: string, rule: RuleConfig): TriggerName | undefined {
  return Object.hasOwn(DEFAULT_RULES, name) ? DEFAULT_RULES[name] : rule.trigger;
}

function completeRule(rule: RuleConfig, trigger: TriggerName, component: ComponentConfig): CompleteRule {
  const defaults = TRIGGER_DEFAULTS[trigger];
  const target = rule.target ?? defaults.target(component.target);
  const thresholds = defaults.thresholds(target);
  const actions = component.resize ? defaults.actions : NUMBER;
  return {
    enabled: rule.enabled,
    trigger,
    target,
    up: rule.up ?? thresholds.up,
    down: rule.down ?? thresholds.down,
    upAction: rule.upAction ?? actions[0],
    downAction: rule.downAction ?? actions[1],
    factorUp: rule.factorUp ?? component.factor.up,
    factorDown: rule.factorDown ?? component.factor.down,
    priority: rule.priority ?? defaults.priority,
    breachSeconds: rule.breachSeconds,
    reliefSeconds: rule.reliefSeconds,
    cooldownSeconds: rule.cooldownSeconds ?? component.cooldownSeconds,
  };
}

/**
 * The default rules, changed by what is written under their names, then the component's own ones in their order. A rule
 * without a trigger is left out: check.ts names it.
 */
export function completeRules(component: ComponentConfig): Record<string, CompleteRule> {
  const names = new Set([...Object.keys(DEFAULT_RULES), ...Object.keys(component.rules)]);
  const complete: Record<string, CompleteRule> = {};
  for (const name of names) {
    const rule = Object.hasOwn(component.rules, name) ? component.rules[name] : undefined;
    const written = rule ?? NOTHING_WRITTEN;
    const trigger = triggerOf(name, written);
    if (trigger) complete[name] = completeRule(written, trigger, component);
  }
  return complete;
}
