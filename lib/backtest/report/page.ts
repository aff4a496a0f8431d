import { readFileSync } from "node:fs";
import { Markup, markup } from "../../widget/markup.ts";
import type { RecordedRun } from "../backtest.ts";
import type { BacktestResult, TraceFront } from "../result.ts";
import { aggregateTable, equalServiceTables, resultTable, type Table } from "../table.ts";
import { plotDataOf } from "./plot-data.ts";
import { tradeoffPlot } from "./tradeoff-plot.ts";
import type { ChartAssets } from "./uplot.ts";

const STYLE = `
:root { color-scheme: light dark; font: 14px/1.45 system-ui, sans-serif; }
body { max-width: 1180px; margin: 0 auto; padding: 1rem; background: Canvas; color: CanvasText; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; } h3 { font-size: 1rem; margin: 1.2rem 0 .3rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .6rem; border-bottom: 1px solid color-mix(in srgb, CanvasText 18%, transparent); text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
.tradeoff { width: 100%; max-width: 760px; font-size: 11px; }
.axes line { stroke: CanvasText; stroke-opacity: .15; } .axes text { fill: CanvasText; }
.key span { margin-right: 1rem; white-space: nowrap; } .key i { display: inline-block; width: .8em; height: .8em; margin-right: .3em; border-radius: 50%; }
.decision { display: block; min-height: 2.9em; padding: .3rem .6rem; border-left: 3px solid #0072b2; overflow-wrap: anywhere; }
.note { opacity: .75; }
`;

/**
 * The result as one page without any further file or request: a strict content policy forbids both. `recorded` are the runs
 * whose course is drawn.
 */
export function renderReport(
  result: BacktestResult,
  recorded: readonly RecordedRun[],
  { script, style }: ChartAssets,
): string {
  const { seed, results, traces, fronts } = result;
  const scalers = [...new Set(results.map(({ scaler }) => scaler))];
  const summaries = [...(traces.length > 1 ? [aggregateTable(result)] : []), ...equalServiceTables(result)];
  const sections = traces.map(({ trace, days, stepSeconds, warmUpDays, factor, heldValues }, at) => {
    const rows = results.filter((row) => row.trace === trace);
    return markup`<section><h2>${trace}</h2>
<p class="note">${days.toFixed(1)} days at ${stepSeconds} s, scored after ${warmUpDays.toFixed(1)} days; one unit of the trace is ${Number(factor.toPrecision(4))} requests/s. ${heldValues > 0 ? `${heldValues} missing values hold the one before.` : ""}</p>
${tableMarkup(resultTable(trace, results), false)}
<h3>Tasks needed and tasks that served</h3>
<div class="plot" data-plot="${at}"></div><output class="decision" data-decision="${at}">Drag to zoom, double-click to see all; click a name to hide it. Triangles are changes by the controller: point at one for its reason, click to keep it.</output>
<h3>Cost against violations</h3>${tradeoffPlot(rows, scalers)}
<p class="note">${frontText(fronts[at]?.points ?? [])}</p></section>`;
  });
  const data = JSON.stringify(plotDataOf(recorded, scalers)).replaceAll("<", "\\u003c");
  const page = markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'">
<title>Backtest</title><style>${new Markup(style)}${new Markup(STYLE)}</style></head><body>
<h1>Backtest</h1><p class="note">Seed ${seed}, ${traces.length} ${traces.length === 1 ? "trace" : "traces"}, ${scalers.length} scalers. What is measured and how is in docs/backtest.md.</p>
${summaries.map((table) => tableMarkup(table, true))}${sections}
<script type="application/json" id="plot-data">${new Markup(data)}</script>
<script>${new Markup(script)}</script><script type="module">${new Markup(plotScript())}</script></body></html>
`;
  return page.text;
}

/** Which settings nobody but the oracle beats, by scaler. */
function frontText(points: TraceFront["points"]): string {
  const settings = new Map<string, string[]>();
  for (const { scaler, knob } of points) {
    const setting = knob === undefined ? "default" : `${knob.parameter} ${knob.value}`;
    settings.set(scaler, [...(settings.get(scaler) ?? []), setting]);
  }
  const texts = [...settings].map(([scaler, of]) => `${scaler} (${of.join(", ")})`);
  return `Beaten by none but the oracle in both cost and violations: ${texts.join("; ")}.`;
}

function tableMarkup({ title, heads, rows }: Table, isTitled: boolean): Markup {
  return markup`${isTitled ? markup`<h3>${title}</h3>` : undefined}<div class="scroll"><table><thead><tr>${heads.map(
    (head) => markup`<th>${head}</th>`,
  )}</tr></thead><tbody>${rows.map(
    (row) => markup`<tr>${row.map((cell) => markup`<td>${cell}</td>`)}</tr>`,
  )}</tbody></table></div>`;
}

function plotScript(): string {
  return readFileSync(new URL("./plots.js", import.meta.url), "utf8");
}
