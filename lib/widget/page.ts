import { dayTimeText } from "./clock-text.ts";
import { decisionTable } from "./decision-rows.ts";
import { type Markup, markup } from "./markup.ts";
import { PALETTES } from "./palette.ts";
import type { WidgetRecords } from "./records.ts";
import type { WidgetRequest } from "./request.ts";
import { timeline } from "./timeline.ts";

/** The whole widget. Its size is bounded by the limits of its parts: some 300 KB at most. */
export function widgetPage(records: WidgetRecords, request: WidgetRequest): Markup {
  const { fleet, component, fromMs, toMs, offsetMinutes, theme, notes } = request;
  const { text, bad } = PALETTES[theme];
  const state = records.paused ? markup`<b style="color:${bad}">paused</b>` : markup`mode ${records.mode}`;
  const what = component === undefined ? markup`` : markup`, component <b>${component}</b>`;
  return markup`<div style="color:${text};font-size:12px">
<p>Fleet <b>${fleet.name}</b>${what}, ${state}; ${dayTimeText(fromMs, offsetMinutes)} to ${dayTimeText(toMs, offsetMinutes)}, changes decided: ${records.actions.length}.</p>
${notes.map((note) => markup`<p>${note}</p>`)}
${timeline(records, request)}
${decisionTable(records, request)}
</div>`;
}

/** Why there is no picture, in words that help. */
export function problemPage(what: string, problems: readonly string[]): Markup {
  return markup`<div><p><b>${what}</b></p><ul>${problems.map((each) => markup`<li>${each}</li>`)}</ul></div>`;
}
