import { skillOf } from "./compare.ts";
import { mean, type Results, summarise } from "./results.ts";
import { controllerTable, percent, referenceTable, skillTable, traceTable } from "./tables.ts";

const SHIPPED = "lag ridge";

/** docs/forecasting.md, all of it: the figures are those of the run, so they cannot drift from the text. */
export function documentOf(results: Results): string {
  return [
    "<!-- Written by `npm run bench:forecast -- --write-docs`; edit bench/forecasting/document.ts instead. -->",
    "# Forecasting",
    INTRODUCTION,
    "## How it works",
    METHOD,
    "## How trust is decided",
    TRUST,
    "## What was compared",
    comparison(results),
    "## What the controller gets",
    controller(results),
    "## When it loses",
    losses(results),
    "## Limits",
    LIMITS,
    "",
  ].join("\n\n");
}

const INTRODUCTION = `The optimization loop forecasts the demand that a component's rules are judged by (vCPU used, memory used, requests per
second ...; never a percentage, whose meaning changes with the task size) minute by minute for the next hour, with a
prediction interval. The PREDICTIVE strategy reads the path at now + lead. A CPU rule that is staffed by demand has an
outlook of its own instead ([strategies.md](strategies.md)). \`lib/domain/forecasting\` is pure and small:

| call | when | reads | gives |
| --- | --- | --- | --- |
| \`train\` | hourly | up to 14 days of 5-minute means, the last hour by the minute | a model of plain JSON, about 9 kB |
| \`forecast\` | every 300 s | the model and the last hour by the minute | 61 minutes of mean, lower, upper |
| \`pathAt\` | when a path is used | a path | its value at a time, linear between minutes |`;

const METHOD = `1. **Grid.** Samples become 5-minute means. Anything that is not a number in 0 .. 1e15 is a gap. Gaps up to 15
   minutes carry the last value on, longer ones stay gaps; nothing ever looks ahead.
2. **Root units.** \`z = √(y / s)\`, s the mean of the history. The noise of counts grows like the root of their level
   (Bartlett 1936), so one margin serves busy and quiet hours; and every result is proportional to its input.
3. **Curves.** For each step t, of season S (a day): the profile \`p(t)\`, the mean of z(t − kS) for k = 1..7; the season
   before \`d(t) = z(t − S)\`; and with two weeks of history the week before, \`w(t) = z(t − 7S)\`, else p. All of them are
   known a season ahead, which is why the model needs no history to forecast.
4. **Lag ridge.** For each horizon h a regression of its own (*direct*, not iterated):
   \`z(t+h) − z(t) = a·[p, d, w](t+h) − [p, d, w](t)  +  b·([p, d, w](t) − z(t))  +  c·(z̄60 − z(t))  +  e·(z̄15 − z(t))\`,
   z̄ the mean of the last 60 and 15 minutes: eight weights. They are fitted by ridge regression (λ = 1e-4) with two rounds of
   Huber reweighting, at 0, 5, 15, 30, 60 and 75 minutes and linear between. Weights of zero *are* the naive forecast, so
   doubt shrinks towards it.
5. **Band.** Split-conformal: the residuals of the backtest in root units, for each horizon and each side, at the
   ⌈(n + 1)(1 + coverage)/2⌉-th smallest. The deviation of single minutes from their 5-minute mean during the last hour
   is added in quadrature. \`upper = s (ẑ + margin)²\`, \`lower = s max(0, ẑ − margin)²\`. Coverage 0.9 means that upper is
   to hold 95 % of outcomes.
6. **Minutes.** Linear between the middles of the 5-minute steps, counted from the end of the newest sample (at most 15
   minutes old).`;

const TRUST = `Training replays the newest half of the history (at most seven seasons) in eight folds. Each is forecast, every 15
minutes, by weights fitted on the time before it. At the lead (5 minutes), with g = |error of the last value| − |error of the model|:

| reason | trusted | when |
| --- | --- | --- |
| \`beats-naive\` | yes | mean g is at least 2 % of the naive error, and at least 1.645 standard errors above 0 (Diebold & Mariano 1995, one-sided 5 %) |
| \`no-better-than-naive\` | no | otherwise |
| \`not-enough-history\` | no | fewer than 36 origins: the first backtest needs 1.5 seasons before it, so two days make it |
| \`recent-missing\` | no | no sample within the last 15 minutes |
| \`model-stale\` | no | trained about a season ago: its curves do not reach the horizon |

An untrusted path is the last 5-minute mean carried forward, with the conformal band of *that* forecast (or, without a
backtest, the last hour's own changes growing with the root of time), and PREDICTIVE behaves as REACTIVE and says so.`;

function comparison(results: Results): string {
  const { scores, tuned, source, node, reference } = results;
  const names = [...new Set(scores.map(({ trace }) => trace))];
  const confirmed = names.filter((name) => !tuned.includes(name));
  const origins = scores.filter(({ candidate }) => candidate === "naive").map((score) => score.origins);
  return `${source}. Rolling origins: ${Math.min(...origins)} to ${Math.max(...origins)} a trace after a warm-up of 7 days (half of a shorter
trace); each method is fitted anew at each origin on the 14 days before it, and scored on the 5-minute mean that the minute
at the lead falls in. *Skill* is 1 − MAE / MAE of the last value, per cent, mean over the traces; *MASE* is MAE over the
in-sample error of the seasonal naive forecast (yesterday) during the warm-up, mean over the traces; *ms* is the CPU time of fit
and forecast, warm (${node}).

Every other trace by name was used to choose the method, its constants and the shape of the backtest. Both halves were
looked at while the project was built, so the second is a check of the choice, not a blind test.

### Tuning half: ${tuned.join(", ")}

${skillTable(results, tuned)}

### Confirming half: ${confirmed.join(", ")}

${skillTable(results, confirmed)}

${choice(results, confirmed)}

### ${SHIPPED}, trace by trace

${traceTable(results, SHIPPED)}

### Against a library

${typeof reference === "string" ? `augurs could not be loaded here: ${reference}` : `All traces, every fourth origin (it is slow).\n\n${referenceTable(reference)}`}`;
}

function choice({ scores, tuned }: Results, confirmed: readonly string[]): string {
  const best = (traces: readonly string[]) =>
    summarise(scores, traces)
      .map((row) => ({ name: row.candidate, skill: mean(row.meanSkill), losses: row.losses }))
      .sort((a, b) => b.skill - a.skill);
  const line = (traces: readonly string[]) =>
    best(traces)
      .slice(0, 4)
      .map(({ name, skill }) => `${name} ${percent(skill)}`)
      .join(", ");
  return `Mean skill over the four leads, best four. Tuning half: ${line(tuned)}. Confirming half: ${line(confirmed)}.

**Chosen: ${SHIPPED}.** One model whose weights show what it believes; it falls back to naive by itself where lags say
nothing, and is fast enough to be backtested for every component every hour. An ensemble on top of it would mean five
more models in the controller; the tables say what that buys. The others live in \`bench/forecasting/candidates\` only.`;
}

function controller(results: Results): string {
  const { shipped } = results;
  const train = mean(shipped.map(({ trainMs }) => trainMs)).toFixed(0);
  const path = mean(shipped.map(({ forecastMs }) => forecastMs)).toFixed(2);
  const bytes = Math.max(...shipped.map((run) => run.bytes));
  return `The public functions end to end, the trust decision included: where a model is not trusted, the naive path is what
counts. Scored on the trace's own step (single minutes where there are minutes). *≤ upper* and *≥ lower*: share of outcomes
that the edge holds, target 95 %. *over*: mean upper edge over mean outcome, less 1, which is what provisioning to the
edge would cost. Training takes ${train} ms of CPU time with its backtest, a path ${path} ms, a stored model at most ${bytes} bytes.

${controllerTable(results)}`;
}

function losses({ scores, shipped }: Results): string {
  const own = scores.filter(({ candidate }) => candidate === SHIPPED);
  const worse = own
    .map((score) => ({ name: score.trace, skill: skillOf(score, scores)[0] ?? 0 }))
    .filter(({ skill }) => skill < 0);
  const misled = shipped.filter(({ skill }) => Math.min(skill[0] ?? 0, skill[1] ?? 0) < -0.005);
  const rarely = shipped.filter(({ trusted }) => trusted < 0.5);
  const wide = shipped.filter((run) => (run.overProvision[1] ?? 0) > 1);
  const thin = shipped.filter((run) => Math.min(...run.belowUpper) < 0.9);
  const list = (items: readonly string[]) => (items.length === 0 ? "none" : items.join(", "));
  return `- Ungated, worse than the last value 5 minutes ahead: ${list(worse.map(({ name, skill }) => `${name} (${percent(skill)} %)`))}.
- Gated, still worse than the last value 5 or 15 minutes ahead, so the backtest was believed too easily: ${list(misled.map((run) => `${run.trace} (${percent(run.skill[0])} and ${percent(run.skill[1])} %)`))}.
- Trusted at fewer than half of the origins, so PREDICTIVE mostly stays REACTIVE: ${list(rarely.map(({ trace, trusted }) => `${trace} (${percent(trusted)} %)`))}.
- Upper edge 15 minutes ahead more than twice the demand: ${list(wide.map((run) => `${run.trace} (+${percent(run.overProvision[1])} %)`))}.
  Isolated spikes have no cause in the past of the series; no band foretells them, it can only be wide.
- Upper edge held less than 90 % of outcomes at some lead: ${list(thin.map((run) => `${run.trace} (${percent(Math.min(...run.belowUpper))} %)`))}.
- A flash crowd is seen when it begins, not before; the reactive triggers are for that.`;
}

const LIMITS = `- One season, a day by default, and the week as one extra lag once two weeks are there. No holidays, no calendar.
- A day in UTC: when clocks change, the profile is an hour off until the season before has caught up (a day; the mean
  of seven, a week).
- A step change (a migration, a new tenant) takes about a day to reach \`d\` and a week to reach \`p\`; until then the
  present-level features carry it, and the next backtest may withdraw the trust.
- Conformal coverage holds if the coming residuals are like those of the last week; during a growing flash crowd they are not.
- The backtest's standard error takes origins as independent. At the lead of 5 minutes and every 15 minutes they nearly are.
- Trust is decided at the lead only; a path may be better or worse further out.
- A lead beyond the horizon is not offered: the path ends there, and reading it later gives nothing.`;
