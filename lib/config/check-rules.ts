import { STRATEGIES_BY_NAME } from "../domain/decision/strategies/index.ts";
import { TRIGGERS } from "../domain/model/trigger.ts";
import type { ComponentConfig } from "./component-schema.ts";
import { type CheckProblem, closest, show } from "./problems.ts";
import { type CompleteRule, completeRules, DEFAULT_RULES, TRIGGER_DEFAULTS, triggerOf } from "./rules.ts";
import type { ParsedFleet } from "./schema.ts";

/** The rules and the strategy's parameters of a component. */
export function checkRules(component: ComponentConfig, path: string, monitor: ParsedFleet["monitor"]): CheckProblem[] {
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
    ...Object.entries(complete).flatMap(([name, rule]) => checkRule(rule, name, path, monitor)),
    ...checkParameters(component, path),
  ];
}

function checkRule(
  rule: CompleteRule,
  name: string,
  componentPath: string,
  monitor: ParsedFleet["monitor"],
): CheckProblem[] {
  if (!rule.enabled) return [];
  const path = `${componentPath}.rules.${name}`;
  const { unit, max } = TRIGGER_DEFAULTS[rule.trigger];
  const { target, up, down } = rule;
  const problems: CheckProblem[] = [];
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
  const window = monitor.windowSamples * monitor.periodSeconds;
  for (const field of ["breachSeconds", "reliefSeconds"] as const) {
    if (rule[field] <= window) continue;
    const bound = `at most what rules see, monitor.windowSamples x periodSeconds, ${window} seconds`;
    const fleetPath = componentPath.slice(0, componentPath.indexOf("."));
    problems.push({ path: `${path}.${field}`, value: show(rule[field]), bound, uses: [`${fleetPath}.monitor`] });
  }
  return problems;
}

/** ECS gives a task no bandwidth of its own: more of it means more tasks. */
function networkActions(rule: CompleteRule, path: string): CheckProblem[] {
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

/** What the component's strategy says about its parameters. */
function checkParameters({ strategy, parameters }: ComponentConfig, path: string): CheckProblem[] {
  const parsed = STRATEGIES_BY_NAME[strategy].parameters.safeParse(parameters);
  if (parsed.success) return [];
  const uses = [`${path}.strategy`];
  return parsed.error.issues.flatMap((issue): CheckProblem[] => {
    const at = `${path}.parameters`;
    if (issue.code !== "unrecognized_keys") {
      const name = issue.path.map(String).join(".");
      return [{ path: name ? `${at}.${name}` : at, value: show(parameters[name]), bound: issue.message, uses }];
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
