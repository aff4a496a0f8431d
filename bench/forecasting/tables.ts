import { type Score, skillOf } from "./compare.ts";
import { LEADS_MIN } from "./origins.ts";
import { mean, median, type Results, summarise } from "./results.ts";

const LEADS = LEADS_MIN.map((lead) => `${lead} min`);

/** Skill of every candidate on one half of the traces, per cent. */
export function skillTable({ scores }: Results, traces: readonly string[]): string {
  return table(
    ["method", ...LEADS, "median 5 min", "median 60 min", "MASE 5 min", "MASE 60 min", "worse than naive", "ms"],
    summarise(scores, traces).map((row) => [
      row.candidate,
      ...row.meanSkill.map(percent),
      percent(row.medianSkill[0]),
      percent(row.medianSkill.at(-1)),
      decimal(row.meanMase[0]),
      decimal(row.meanMase.at(-1)),
      `${row.losses} of ${traces.length}`,
      row.ms.toFixed(1),
    ]),
  );
}

/** What the controller gets: trust, skill, band. One row a trace, then mean and median. */
export function controllerTable({ shipped }: Results): string {
  const columns = shipped.map((run) => [
    run.trusted,
    run.skill[0],
    run.skill[1],
    run.skill[3],
    run.belowUpper[0],
    run.belowUpper[3],
    run.aboveLower[0],
    run.overProvision[0],
    run.overProvision[1],
    run.overProvision[3],
  ]);
  const over = (reduce: (values: readonly number[]) => number) =>
    (columns[0] ?? []).map((_, k) => percent(reduce(columns.map((column) => column[k] ?? 0))));
  return table(
    [
      "trace",
      "trusted",
      "skill 5",
      "skill 15",
      "skill 60",
      "≤ upper 5",
      "≤ upper 60",
      "≥ lower 5",
      "over 5",
      "over 15",
      "over 60",
    ],
    [
      ...shipped.map((run, i) => [run.trace, ...(columns[i] ?? []).map(percent)]),
      ["**mean**", ...over(mean)],
      ["**median**", ...over(median)],
    ],
  );
}

/** MASE and skill of one candidate, trace by trace. */
export function traceTable({ scores, tuned }: Results, candidate: string): string {
  const own = scores.filter((score) => score.candidate === candidate);
  return table(
    ["trace", "half", "origins", ...LEADS.map((lead) => `skill ${lead}`), ...LEADS.map((lead) => `MASE ${lead}`)],
    own.map((score) => [
      score.trace,
      tuned.includes(score.trace) ? "tune" : "confirm",
      String(score.origins),
      ...skillOf(score, scores).map(percent),
      ...score.mase.map(decimal),
    ]),
  );
}

/** The library reference next to the same methods on the same origins, all traces. */
export function referenceTable(reference: readonly Score[]): string {
  const traces = [...new Set(reference.map(({ trace }) => trace))];
  return table(
    ["method", ...LEADS, ...LEADS.map((lead) => `MASE ${lead}`), "ms"],
    summarise(reference, traces).map((row) => [
      row.candidate,
      ...row.meanSkill.map(percent),
      ...row.meanMase.map(decimal),
      row.ms.toFixed(1),
    ]),
  );
}

export function percent(fraction: number | undefined): string {
  const text = (100 * (fraction ?? 0)).toFixed(Math.abs(fraction ?? 0) < 0.9995 ? 1 : 0);
  return text === "-0.0" ? "0.0" : text;
}

function decimal(value: number | undefined): string {
  return (value ?? 0).toFixed(3);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}
