import { CONTROLLER } from "../../lib/backtest/controller-scalers.ts";
import { listed, markdownTable } from "./format.ts";
import { PEAK_TASKS, SEED } from "./job.ts";
import { SWEPT, TRACES } from "./plan.ts";
import type { Results } from "./results.ts";

/** Traces, settings, and what was run where. */
export function setup(results: Results): string {
  const rows = results.traces.map(({ trace, days, stepSeconds, factor, warmUpDays, scoredHours }) => [
    trace,
    days.toFixed(1),
    `${stepSeconds} s`,
    `${Number(factor.toPrecision(4))}`,
    warmUpDays.toFixed(1),
    scoredHours.toFixed(0),
    TRACES.find(({ name }) => name === trace)?.isTuned ? "yes" : "",
  ]);
  const settings = SWEPT.flatMap((scaler) => {
    const curves = results.curves.filter((each) => each.scaler === scaler && each.variant === "base");
    const most = curves.reduce((a, b) => (b.points.length > (a?.points.length ?? 0) ? b : a), curves[0]);
    return most === undefined ? [] : [[scaler, settingsText(most.points.map(([setting]) => setting))]];
  });
  const long = TRACES.filter(({ isLong }) => isLong).map(({ name }) => name);
  const { about } = results;
  const absent = TRACES.filter(({ name }) => !results.traces.some(({ trace }) => trace === name)).map(
    ({ name }) => name,
  );
  return `Recorded loads of 14 services, replayed on one simulated service: a request is 100 ms of CPU on a task of 1 vCPU, 95 of 100 are promised within 400 ms,
tasks start in 35 s (median; 95th percentile 75 s) and a health check, metrics are readable 20 to 25 s after their period. The load is multiplied such that its
99th percentile keeps ${PEAK_TASKS} tasks busy. Everybody meets the same draws: seed ${SEED}. The first 7 days, or half of a shorter trace, are not scored.${absent.length === 0 ? "" : `\nNot run: ${listed(absent)}.`}${about.missing === 0 ? "" : `\n**${about.missing} planned runs are missing from this page.**`}

${markdownTable(["trace", "days", "step", "requests/s for one unit", "warm-up, days", "scored hours", "constants were chosen on it"], rows)}

Ours is the real four loops at their own beats with the \`web\` preset (lib/config/presets/web.ts), nothing set by hand for any trace. Peers are models after
their documentation, on the same metrics. Each scaler is run as it comes and over about as many values of its main knob as every other, and of no other; the
controller's is the share of the moments whose growth within the lead time is covered (\`growthPercent\`):

${markdownTable(["scaler", "settings"], settings)}

On ${listed(long)}, which are long, every second setting of the two peers of the goals, and every third of all others; of the oracle every third
everywhere.`;
}

/** target default, 0.3, 0.4 ... : names once. */
function settingsText(settings: readonly string[]): string {
  const parts = settings.map((setting) => setting.split(",").map((each) => each.split("=") as [string, string?]));
  const names = [...new Set(parts.flat().flatMap(([name, value]) => (value === undefined ? [] : [name])))];
  const values = parts.map((part) => part.map(([name, value]) => value ?? name).join("/"));
  return names.length === 0 ? "default only" : `${names.join("/")}: ${values.join(", ")}`;
}

/** What was assumed, and by whom it should be doubted. */
export function limits(): string {
  const tuned = TRACES.filter(({ isTuned }) => isTuned).map(({ name }) => name);
  return `- **Constants of the controller's staffing and growth were chosen while looking at ${listed(tuned)}.** The other traces were run for this page, not chosen on;
  but they were there, and ideas came from all 14. Both halves stand apart above. Only traces of other services are a clean test.
- The world is simulated, and it is ours. One queue before all tasks flatters whoever packs tightly, the controller first: see the processor sharing above.
  What else flatters whom is listed in docs/backtest.md.
- The peers are models: AWS publishes no formula, and its two modes have one constant each that was fitted to the two delays that AWS published.
- Peers are swept over the one knob that most people set. Somebody who also tunes cooldowns, windows and behaviours for one service gets more out of
  them; the controller's other parameters were not tuned for a trace either.
- Related traces (five from one source, four from one company) make intervals too narrow, and 14 are few.
- One seed for the main tables. How much of a ratio is chance is in the two other seeds of the sensitivity.
- Violating share counts a step of 5 s in which more than 5 % are late as lost whole. Near the promise that is strict: a step with 5.1 % late counts
  like one in which nobody was served.
- The controller has to be paid for, too: docs/cost.md, and more than there with the \`web\` preset, which reads at every beat; so have the 20-second
  metrics that it needs here. Neither is in these figures, nor are the alarms and high-resolution metrics of its peers.`;
}

export function speed({ about }: Results): string {
  const rows = SWEPT.flatMap((scaler) => {
    const each = about.secondsPerDay[scaler];
    return each === undefined ? [] : [[scaler, (14 * each).toFixed(1)]];
  });
  const ours = 14 * (about.secondsPerDay[CONTROLLER] ?? Number.NaN);
  return `Commit ${about.commit}, ${about.day}; ${about.cpu}, ${about.cores} cores, node ${about.node}. ${about.runs} runs took ${(about.cpuSeconds / 60).toFixed(0)} minutes of CPU time, ${about.workers} at a time,
while other work ran on the machine. The peaks of memory of all processes together came to ${about.peakMemoryMb.toFixed(0)} MB (aim: 500, ${about.peakMemoryMb <= 500 ? "kept" : "**not kept**"}).

CPU seconds for 14 days of a trace with default settings, median over traces; the aim is 3, and the controller ${ours <= 3 ? "keeps it" : "**does not keep it**"}:

${markdownTable(["scaler", "seconds"], rows)}`;
}
