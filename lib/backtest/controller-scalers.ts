import { webFleet } from "../config/presets/web.ts";
import { explainDecision } from "../domain/decision/explain.ts";
import type { Decision, DecisionStatus } from "../domain/model/decision.ts";
import type { ComponentPolicy, FleetPolicy } from "../domain/model/policy.ts";
import { STRATEGIES, type StrategyName } from "../domain/model/trigger.ts";
import { UTILIZATION_TARGETS } from "./peers/utilization-targets.ts";
import { fleetFor, runController } from "./run-controller.ts";
import type { Parameters, Sweep } from "./scaler.ts";
import type { BacktestScaler, ExplainedDecision } from "./scaler-run.ts";
import { SERVICE } from "./stage.ts";

/** The controller as it comes; with a colon and a strategy's name, the same with that strategy. */
export const CONTROLLER = "scaling-controller";

const CARRIED_OUT: ReadonlySet<DecisionStatus> = new Set(["APPLIED", "STABLE", "MEASURED", "ROLLED_BACK"]);

const GROWTH: Sweep = {
  parameter: "growthPercent",
  values: [20, 40, 60, 80, 90, 95, 98, 99, 99.7, 99.95, 99.99],
};
const TARGET: Sweep = { parameter: "target", values: UTILIZATION_TARGETS };

/**
 * The controller with a fleet's policy, and with each of the six strategies in place of the policy's own. Staffed by demand,
 * its main knob is the share of the growths that is covered; else the CPU target, with the thresholds moved along.
 */
export function controllerScalers(fleet: FleetPolicy = defaultFleet()): readonly BacktestScaler[] {
  const [component] = fleet.components;
  if (component === undefined) return [];
  return [
    controllerScaler(CONTROLLER, fleet),
    ...STRATEGIES.map((strategy) =>
      controllerScaler(`${CONTROLLER}:${strategy}`, withComponent(fleet, withStrategy(component, strategy))),
    ),
  ];
}

/** A fleet with this component alone, acting, under the name that it has in a backtest. */
export function backtestFleet(fleet: FleetPolicy, component: ComponentPolicy): FleetPolicy {
  return { ...withComponent(fleet, { ...component, name: SERVICE, mode: "auto" }), mode: "auto" };
}

function defaultFleet(): FleetPolicy {
  return fleetFor({ fleets: [{ ...webFleet({ name: SERVICE }), mode: "auto" }] });
}

function withComponent(fleet: FleetPolicy, component: ComponentPolicy): FleetPolicy {
  return { ...fleet, components: [component] };
}

function withStrategy(component: ComponentPolicy, strategy: StrategyName): ComponentPolicy {
  return component.strategy === strategy ? component : { ...component, strategy, parameters: {} };
}

function controllerScaler(name: string, fleet: FleetPolicy): BacktestScaler {
  const isStaffed = (fleet.components[0]?.parameters["staffing"] ?? 0) > 0;
  return {
    name,
    isOurs: true,
    sweep: isStaffed ? GROWTH : TARGET,
    run: async (scenario, given, watch) => {
      const policy = set(fleet, given);
      const decisions: ExplainedDecision[] = [];
      const ended = (decision: Decision): void => void decisions.push(...explained(decision));
      const { score } = await runController(scenario, policy, { watch, ended });
      decisions.sort((a, b) => a.atMs - b.atMs); // one whose end took long comes after younger ones
      return { parameters: parametersOf(policy), score, decisions };
    },
  };
}

function set(fleet: FleetPolicy, { growthPercent, target }: Parameters): FleetPolicy {
  return {
    ...fleet,
    components: fleet.components.map((component) => ({
      ...component,
      parameters: growthPercent === undefined ? component.parameters : { ...component.parameters, growthPercent },
      rules: component.rules.map((rule) => {
        if (target === undefined || rule.trigger !== "CPU_UTILIZATION") return rule;
        const up = Math.min(0.99, target + (rule.up - rule.target));
        const down = Math.max(0.01, target - (rule.target - rule.down));
        return { ...rule, target, up, down };
      }),
    })),
  };
}

/** The strategy's parameters, and the CPU target. */
function parametersOf({ components }: FleetPolicy): Parameters {
  const [component] = components;
  const target = component?.rules.find(({ trigger }) => trigger === "CPU_UTILIZATION")?.target;
  return { ...component?.parameters, ...(target === undefined ? {} : { target }) };
}

/** What was carried out and changed the number of tasks; nothing else. */
function explained(decision: Decision): readonly ExplainedDecision[] {
  const step = decision.plan?.steps[0];
  if (step === undefined || !CARRIED_OUT.has(decision.status) || step.before.tasks === step.after.tasks) return [];
  const { before, after } = step;
  return [{ atMs: decision.decidedAtMs, from: before.tasks, to: after.tasks, reason: explainDecision(decision) }];
}
