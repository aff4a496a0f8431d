import { explainDecision } from "../domain/decision/explain.ts";
import type { Decision } from "../domain/model/decision.ts";
import { dayTimeText, timeText } from "./clock-text.ts";
import { type Markup, markup } from "./markup.ts";
import { PALETTES } from "./palette.ts";
import type { WidgetRecords } from "./records.ts";
import type { WidgetRequest } from "./request.ts";
import { colourOf } from "./timeline.ts";

/** One row: a decision, or holds in a row that say the same, told once. */
interface Row {
  /** The newest of them. */
  readonly decision: Decision;
  readonly count: number;
  readonly sinceMs: number;
}

const SENTENCE_MAX = 600;

/** The newest decisions with reasons, confidence and its four factors, status and effect. */
export function decisionTable(records: WidgetRecords, request: WidgetRequest): Markup {
  const rows = rowsOf([...records.actions, ...records.holds]).slice(0, request.limit);
  if (rows.length === 0) return markup`<p>No decisions in this range of time.</p>`;
  const head = ["Time", "Component", "Action", "Reason", "Confidence", "Status", "Effect"];
  return markup`<table style="width:100%;border-collapse:collapse;text-align:left;vertical-align:top">
<thead><tr>${head.map((each) => markup`<th style="text-align:left">${each}</th>`)}</tr></thead>
<tbody>
${rows.map((row) => rowMarkup(row, request))}
</tbody></table>`;
}

/** Newest first; a run of holds of one component for one reason is one row. */
function rowsOf(decisions: readonly Decision[]): readonly Row[] {
  const rows: Row[] = [];
  for (const decision of decisions.toSorted((a, b) => b.decidedAtMs - a.decidedAtMs)) {
    const previous = rows.at(-1);
    if (previous !== undefined && saysTheSame(previous.decision, decision))
      rows[rows.length - 1] = { ...previous, count: previous.count + 1, sinceMs: decision.decidedAtMs };
    else rows.push({ decision, count: 1, sinceMs: decision.decidedAtMs });
  }
  return rows;
}

function saysTheSame(a: Decision, b: Decision): boolean {
  return a.hold !== undefined && a.hold === b.hold && a.component === b.component && a.direction === b.direction;
}

function rowMarkup({ decision, count, sinceMs }: Row, request: WidgetRequest): Markup {
  const { offsetMinutes, theme } = request;
  const palette = PALETTES[theme];
  const { component, action, strategy, decidedAtMs, status, result, id } = decision;
  const since = count === 1 ? undefined : markup` <small>(${count} since ${timeText(sinceMs, offsetMinutes)})</small>`;
  const sentence = explainDecision(decision);
  const short = sentence.length > SENTENCE_MAX ? `${sentence.slice(0, SENTENCE_MAX)}…` : sentence;
  const effect = result?.effectiveness === undefined ? "" : `${Math.round(result.effectiveness)} of 100`;
  return markup`<tr style="border-top:1px solid ${palette.grid}">
<td style="white-space:nowrap">${dayTimeText(decidedAtMs, offsetMinutes)}${since}</td>
<td>${component}</td>
<td style="white-space:nowrap">${action}<br><small>${strategy}</small></td>
<td title="${id}">${short}</td>
<td style="white-space:nowrap">${confidenceMarkup(decision)}</td>
<td style="color:${colourOf(status, palette)}">${status}${result?.reason === undefined ? undefined : markup`<br><small>${result.reason}</small>`}</td>
<td style="white-space:nowrap">${effect}</td>
</tr>
`;
}

/** The total and the four factors it is the weighted mean of, each 0 to 100. */
function confidenceMarkup({ confidence }: Decision): Markup {
  if (confidence === undefined) return markup``;
  const { total, deviation, effectiveness, stability, headroom } = confidence;
  const factors = { deviation, effectiveness, stability, headroom };
  return markup`<b>${Math.round(total)} %</b>${Object.entries(factors).map(
    ([name, value]) => markup`<br><small>${name} ${Math.round(value)}</small>`,
  )}`;
}
