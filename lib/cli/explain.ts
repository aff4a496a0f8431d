import type { Explanation } from "../controller.ts";
import { explainVerdict, showValue } from "../domain/decision/explain.ts";
import type { Replay } from "../domain/decision/replay.ts";
import type { Decision } from "../domain/model/decision.ts";
import type { Signal } from "../domain/model/signal.ts";
import { formatDuration } from "../local/duration.ts";
import { formatClock } from "../local/progress/clock-text.ts";
import { type Register, type StateOptions, stateCommand, withState } from "./command.ts";
import { bold, pairs, printJson, table } from "./output.ts";

interface ExplainOptions extends StateOptions {
  readonly replay?: boolean;
}

/** `explain`: why a decision came out as it did, from what was stored with it. */
export const registerExplain: Register = (program, output) => {
  stateCommand(program, "explain <decision>", "why: what it saw, each rule's verdict, confidence, limits, outcome")
    .option("--replay", "decide again from what it saw, and compare; exit code 1 when it differs")
    .action(async (id: string, options: ExplainOptions) => {
      const [explanation, replay] = await withState(
        options,
        async (_, controller) =>
          [await controller.explain(id), options.replay ? await controller.replay(id) : undefined] as const,
      );
      if (options.json)
        printJson(output, { schemaVersion: 1, ...explanation, ...(replay && { replay: shown(replay) }) });
      else output.out(render(explanation, replay));
      if (replay?.same === false) output.exit(1);
    });
};

function shown({ same, policyChanged, differences }: Replay): Omit<Replay, "decision"> {
  return { same, policyChanged, differences };
}

function render({ decision, sentence }: Explanation, replay: Replay | undefined): string {
  const parts = [
    sentence,
    "",
    pairs(headOf(decision)),
    "",
    bold("What it saw"),
    table(
      ["rule", "trigger", "value", "target", "grow above", "shrink below", "age", "complete", "forecast"],
      decision.signals.map(signalRow),
    ),
    "",
    bold("What each rule said"),
    ...decision.verdicts.map((verdict) => {
      const signal = decision.signals.find(({ rule }) => rule === verdict.rule);
      return `  ${verdict.rule} (priority ${verdict.priority}) wants ${verdict.want === "hold" ? "nothing" : `to ${verdict.want}`}: ${explainVerdict(verdict, signal)}`;
    }),
  ];
  if (replay !== undefined) parts.push("", replayText(replay));
  return parts.join("\n");
}

function headOf(decision: Decision): [string, string][] {
  const { confidence, plan, result, expected, facts } = decision;
  const head: [string, string][] = [
    ["decision", decision.id],
    ["decided", `${formatClock(decision.decidedAtMs)} UTC, mode ${decision.mode}, strategy ${decision.strategy}`],
    [
      "status",
      `${decision.status}${result?.reason === undefined ? "" : ` (${result.reason})`}${decision.approvedBy === undefined ? "" : `, approved by ${decision.approvedBy}`}`,
    ],
  ];
  if (confidence !== undefined) {
    const { total, deviation, effectiveness, stability, headroom } = confidence;
    head.push([
      "confidence",
      `${total} of 100: deviation ${deviation}, effectiveness ${effectiveness}, stability ${stability}, headroom ${headroom}`,
    ]);
  }
  for (const limit of plan?.limits ?? [])
    head.push([
      "limit",
      `${limit.limit}${limit.resource === undefined ? "" : ` of ${limit.resource}`}: wanted ${limit.wanted}, bound ${limit.bound}`,
    ]);
  if (plan !== undefined)
    head.push(["cost", `${plan.costDeltaPerHour >= 0 ? "+" : ""}${plan.costDeltaPerHour.toFixed(4)} dollars an hour`]);
  if (facts.schedules.length > 0) head.push(["schedules", facts.schedules.join(", ")]);
  const unit = decision.signals.find(({ rule }) => rule === decision.rule)?.unit;
  if (expected?.value !== undefined && unit !== undefined) head.push(["expected", showValue(expected.value, unit)]);
  if (result?.valueAfter !== undefined && result.valueBefore !== undefined && unit !== undefined) {
    head.push([
      "measured",
      `${showValue(result.valueBefore, unit)} before, ${showValue(result.valueAfter, unit)} after, effectiveness ${Math.round(result.effectiveness ?? 0)} of 100`,
    ]);
  }
  return head;
}

function signalRow({
  rule,
  trigger,
  unit,
  value,
  absent,
  target,
  up,
  down,
  ageMs,
  completeness,
  forecast,
}: Signal): string[] {
  const ahead =
    forecast === undefined
      ? "-"
      : `${showValue(forecast.mean, unit)} (${forecast.trusted ? "trusted" : "not trusted"})`;
  return [
    rule,
    trigger,
    value === undefined ? (absent ?? "-") : showValue(value, unit),
    showValue(target, unit),
    showValue(up, unit),
    showValue(down, unit),
    formatDuration(ageMs),
    `${Math.round(completeness * 100)} %`,
    ahead,
  ];
}

function replayText({ same, policyChanged, differences }: Replay): string {
  const changed = policyChanged ? ", under a policy that has changed since" : "";
  return same ? `Replayed${changed}: the same result.` : `Replayed${changed}: it differs in ${differences.join(", ")}.`;
}
