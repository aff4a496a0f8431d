import * as z from "zod";
import { STRATEGIES_BY_NAME } from "../domain/decision/strategies/index.ts";
import { type StrategyName, TRIGGERS } from "../domain/model/trigger.ts";
import type { ComponentConfig } from "./component-schema.ts";
import { fieldOf } from "./fields-at.ts";
import { closest, type Mismatch, show } from "./problems.ts";
import { type CompleteRule, completeRules, DEFAULT_RULES, TRIGGER_DEFAULTS, triggerOf } from "./rules.ts";
import type { ParsedFleet } from "./schema.ts";

/** The rules and the strategy's parameters of a component. */
export function checkRules(component: ComponentConfig, path: string, monitor: ParsedFleet["monitor"]): Mismatch[] {
  const complete = completeRules(component);
  return [
    ...Object.entries(component.rules).flatMap(([name, rule]) => {
      const at = `${path}.rules.${name}.trigger`;
      const trigger = triggerOf(name, rule);
      if (trigger === undefined) {
        const near = closest(name, Object.keys(DEFAULT_RULES));
        const hint = near ? `; did you mean the default rule ${near}?` : "";
        return [{ path: at, value: "nothing", bound: `one of ${TRIGGERS.join(", ")}${hint}` }];
      }
      if (rule.trigger === undefined || rule.trigger === trigger) return [];
      return [
        {
          path: at,
          value: show(rule.trigger),
          bound: `${trigger}, that of the default rule; name a rule of your own for another`,
        },
      ];
    }),
    ...Object.entries(complete).flatMap(([name, rule]) => [
      ...checkRule(rule, name, path, monitor),
      ...(component.resize ? [] : sizeActions(rule, `${path}.rules.${name}`, `${path}.resize`)),
    ]),
    ...checkParameters(component, path, monitor),
  ];
}

function checkRule(
  rule: CompleteRule,
  name: string,
  componentPath: string,
  monitor: ParsedFleet["monitor"],
): Mismatch[] {
  if (!rule.enabled) return [];
  const path = `${componentPath}.rules.${name}`;
  const { unit, max } = TRIGGER_DEFAULTS[rule.trigger];
  const { target, up, down } = rule;
  const problems: Mismatch[] = [];
  const uses = [`${path}.trigger`, `${path}.target`, `${path}.up`, `${path}.down`, `${componentPath}.target`];
  const expect = (holds: boolean, field: "target" | "up" | "down", bound: string) => {
    if (!holds) problems.push({ path: `${path}.${field}`, value: show(rule[field]), bound, uses });
  };
  for (const field of ["target", "up", "down"] as const) expect(rule[field] <= max, field, `at most ${max} ${unit}`);
  if (down >= up) expect(false, "down", `less than up, ${up} ${unit}`);
  else {
    expect(up >= target, "up", `at least the target, ${target} ${unit}`);
    expect(down <= target, "down", `at most the target, ${target} ${unit}`);
  }
  if (rule.trigger === "NETWORK_UTILIZATION") problems.push(...networkActions(rule, path));
  const window = windowSeconds(monitor);
  for (const field of ["breachSeconds", "reliefSeconds"] as const) {
    if (rule[field] <= window) continue;
    const at = `${path}.${field}`;
    problems.push({ path: at, value: show(rule[field]), bound: windowBound(window), uses: [monitorPath(path)] });
  }
  return problems;
}

/** What a rule leaves out is sideways then (rules.ts); what it says must not contradict. */
function sizeActions({ enabled, upAction, downAction }: CompleteRule, path: string, resize: string): Mismatch[] {
  const asked = [
    ["upAction", upAction, "SCALE_OUT"],
    ["downAction", downAction, "SCALE_IN"],
  ] as const;
  return asked
    .filter(([, action]) => enabled && (action === "SCALE_UP" || action === "SCALE_DOWN"))
    .map(([field, action, wanted]) => ({
      path: `${path}.${field}`,
      value: show(action),
      bound: `${wanted}: the component's resize is false`,
      uses: [resize],
    }));
}

/** ECS gives a task no bandwidth of its own: more of it means more tasks. */
function networkActions(rule: CompleteRule, path: string): Mismatch[] {
  const wrong = [
    ["upAction", "SCALE_OUT"],
    ["downAction", "SCALE_IN"],
  ] as const;
  return wrong
    .filter(([field, wanted]) => rule[field] !== wanted)
    .map(([field, wanted]) => ({
      path: `${path}.${field}`,
      value: show(rule[field]),
      bound: `${wanted}: network bandwidth follows the number of tasks`,
    }));
}

type Monitor = ParsedFleet["monitor"];

/** What the component's strategy says about its parameters. */
function checkParameters({ strategy, parameters }: ComponentConfig, path: string, monitor: Monitor): Mismatch[] {
  const parsed = STRATEGIES_BY_NAME[strategy].parameters.safeParse(parameters);
  const at = `${path}.parameters`;
  const uses = [`${path}.strategy`];
  if (parsed.success) return checkEvidence(parsed.data, at, uses, monitor);
  return parsed.error.issues.flatMap((issue): Mismatch[] => {
    if (issue.code !== "unrecognized_keys") {
      const name = issue.path.map(String).join(".");
      const bound = expectedOf(strategy, name) ?? issue.message;
      return [{ path: name ? `${at}.${name}` : at, value: show(parameters[name]), bound, uses }];
    }
    const known = Object.keys(STRATEGIES_BY_NAME[strategy].parameters.parse({}));
    return issue.keys.map((key) => {
      const near = closest(key, known);
      const list =
        known.length === 0 ? `no parameter: ${strategy} has none` : `a parameter of ${strategy}: ${known.join(", ")}`;
      const bound = near ? `${list}; did you mean ${near}?` : list;
      return { path: `${at}.${key}`, value: `the unknown key ${show(key)}`, bound, uses };
    });
  });
}

function expectedOf(strategy: StrategyName, parameter: string): string | undefined {
  const schema = STRATEGIES_BY_NAME[strategy].parameters;
  const field = schema instanceof z.ZodObject ? schema.shape[parameter] : undefined;
  return field && fieldOf(field).expected;
}

/** Evidence that a strategy waits for must fit into the samples it sees, or it would wait for ever. */
function checkEvidence(
  parameters: Readonly<Record<string, number>>,
  path: string,
  uses: readonly string[],
  monitor: Monitor,
): Mismatch[] {
  const window = windowSeconds(monitor);
  return Object.entries(parameters).flatMap(([name, value]) => {
    const isWait = name.startsWith("sustain") && name.endsWith("Seconds");
    const most = isWait ? window : name.endsWith("Samples") ? monitor.windowSamples : Number.POSITIVE_INFINITY;
    if (value <= most) return [];
    const bound = isWait ? windowBound(window) : `at most the fleet's monitor.windowSamples, ${most}`;
    return [{ path: `${path}.${name}`, value: show(value), bound, uses: [...uses, monitorPath(path)] }];
  });
}

function windowSeconds({ windowSamples, periodSeconds }: Monitor): number {
  return windowSamples * periodSeconds;
}

function windowBound(seconds: number): string {
  return `at most what rules see, the fleet's monitor.windowSamples x periodSeconds, ${seconds} seconds`;
}

function monitorPath(path: string): string {
  return `${path.slice(0, path.indexOf("."))}.monitor`;
}
