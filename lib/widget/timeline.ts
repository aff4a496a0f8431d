import type { Decision } from "../domain/model/decision.ts";
import { type Allocation, fromMilli, totalOf } from "../domain/model/resources.ts";
import { type AllocationPoint, allocationLine } from "./allocation-line.ts";
import { dayTimeText, timeText } from "./clock-text.ts";
import { type Markup, markup } from "./markup.ts";
import { PALETTES, type Palette } from "./palette.ts";
import { concerns, type WidgetRecords } from "./records.ts";
import type { WidgetRequest } from "./request.ts";

/** More lanes than this are no picture any more; the busiest are shown. */
const LANES_MAX = 12;
/** Newest marks of a lane: a mark is three pixels wide, and the page has to stay small. */
const MARKS_MAX = 200;
const LANE_PX = 56;
const PLOT_PX = 34;
const LABEL_PX = 150;
const NOW_PX = 165;
const AXIS_PX = 22;
const DAY_MS = 86_400_000;

interface Scale {
  readonly x: (atMs: number) => number;
  readonly palette: Palette;
  readonly request: WidgetRequest;
}

/** Allocation and decisions over time, a lane for each component: SVG without scripts, styles or references. */
export function timeline(records: WidgetRecords, request: WidgetRequest): Markup {
  const { fromMs, toMs, width } = request;
  const names = lanesOf(records, request);
  const plotPx = width - LABEL_PX - NOW_PX;
  const x = (atMs: number): number =>
    round(LABEL_PX + (plotPx * (clamp(atMs, fromMs, toMs) - fromMs)) / Math.max(1, toMs - fromMs));
  const scale: Scale = { x, palette: PALETTES[request.theme], request };
  const height = names.length * LANE_PX + AXIS_PX;
  return markup`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="Helvetica, Arial, sans-serif" font-size="11">
${axis(scale, names.length * LANE_PX)}
${names.map((name, i) => lane(name, i * LANE_PX, records, scale))}
</svg>`;
}

/** Components with the most decisions first, then in the order of the configuration; at most LANES_MAX. */
function lanesOf({ actions }: WidgetRecords, { fleet, component }: WidgetRequest): readonly string[] {
  if (component !== undefined) return [component];
  const counts = new Map<string, number>();
  for (const each of actions) counts.set(each.component, (counts.get(each.component) ?? 0) + 1);
  const names = fleet.components.map(({ name }) => name);
  if (names.length <= LANES_MAX) return names;
  return names.sort((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0)).slice(0, LANES_MAX);
}

function axis({ x, palette, request }: Scale, top: number): Markup {
  const { fromMs, toMs, offsetMinutes } = request;
  const text = toMs - fromMs > DAY_MS ? dayTimeText : timeText;
  const ticks = [0, 1, 2, 3, 4].map((i) => fromMs + ((toMs - fromMs) * i) / 4);
  return markup`<g fill="${palette.faint}" stroke="none">${ticks.map(
    (atMs) =>
      markup`<line x1="${x(atMs)}" x2="${x(atMs)}" y1="0" y2="${top}" stroke="${palette.grid}" stroke-dasharray="2 3"/><text x="${x(atMs)}" y="${top + 14}" text-anchor="middle">${text(atMs, offsetMinutes)}</text>`,
  )}</g>`;
}

function lane(name: string, top: number, records: WidgetRecords, scale: Scale): Markup {
  const { palette, request } = scale;
  const own = records.actions.filter((each) => concerns(each, name));
  const holds = records.holds.filter((each) => each.component === name);
  const booked = records.booked[name];
  const points = allocationLine(name, [...own, ...holds], { booked, atMs: request.toMs });
  const last = points.at(-1)?.allocation;
  const base = top + LANE_PX - 8;
  return markup`<g>
<text x="4" y="${base - PLOT_PX / 2 + 4}" fill="${palette.text}" font-weight="bold">${shortened(name, 22)}<title>${name}</title></text>
<line x1="${LABEL_PX}" x2="${request.width - NOW_PX}" y1="${base}" y2="${base}" stroke="${palette.grid}"/>
${line(points, base, scale)}
${own.slice(-MARKS_MAX).map((each) => mark(each, base, scale))}
<text x="${request.width - NOW_PX + 8}" y="${base - PLOT_PX / 2 + 4}" fill="${palette.faint}">${last === undefined ? "unknown" : allocationText(last)}</text>
</g>`;
}

/** Total vCPU as steps: it rises with the number of tasks as well as with their size. */
function line(points: readonly AllocationPoint[], base: number, { x, palette, request }: Scale): Markup | undefined {
  const seen = points.filter(({ atMs }) => atMs >= request.fromMs);
  const [first] = seen;
  if (first === undefined) return undefined;
  const max = Math.max(1, ...seen.map(({ allocation }) => totalOf(allocation).cpu));
  const y = ({ allocation }: AllocationPoint): number => round(base - (PLOT_PX * totalOf(allocation).cpu) / max);
  let path = `M${x(first.atMs)} ${y(first)}`;
  let level = y(first);
  for (const each of seen.slice(1)) {
    // A hold a minute says the same as the one before: only changes of level, and the end, are drawn.
    if (y(each) === level) continue;
    path += `H${x(each.atMs)}V${y(each)}`;
    level = y(each);
  }
  const end = x(seen.at(-1)?.atMs ?? first.atMs);
  // Before the first that is known nothing is known; it was probably the same.
  return markup`<path d="M${x(request.fromMs)} ${y(first)}H${x(first.atMs)}" fill="none" stroke="${palette.line}" stroke-dasharray="2 3"/><path d="${path}H${end}V${base}H${x(first.atMs)}Z" fill="${palette.area}" stroke="none"/><path d="${path}H${end}" fill="none" stroke="${palette.line}" stroke-width="1.5"/>`;
}

/** Up for growth, down for shrinking, a circle for the rest; colour by how it went. */
function mark(decision: Decision, base: number, { x, palette, request }: Scale): Markup {
  const { decidedAtMs, direction, action, component, status } = decision;
  const at = x(decidedAtMs);
  const y = base - PLOT_PX - 6;
  const fill = colourOf(status, palette);
  const title = `${dayTimeText(decidedAtMs, request.offsetMinutes)} ${component} ${action} ${status}`;
  if (direction === undefined)
    return markup`<circle cx="${at}" cy="${y}" r="3.5" fill="${fill}"><title>${title}</title></circle>`;
  const path = direction === "grow" ? `M${at - 4} ${y + 4}h8l-4 -8z` : `M${at - 4} ${y - 4}h8l-4 8z`;
  return markup`<path d="${path}" fill="${fill}"><title>${title}</title></path>`;
}

/** Good, bad, still open, or of no consequence. */
export function colourOf(status: Decision["status"], palette: Palette): string {
  switch (status) {
    case "STABLE":
    case "MEASURED":
      return palette.good;
    case "FAILED":
    case "ROLLED_BACK":
      return palette.bad;
    case "PENDING":
    case "AWAITING_APPROVAL":
    case "CLAIMED":
    case "APPLIED":
      return palette.open;
    case "HELD":
    case "OBSERVED":
    case "EXPIRED":
    case "SUPERSEDED":
      return palette.faint;
  }
}

/** `4 tasks, 2 vCPU, 4 GiB`: tasks, and what they have together. */
export function allocationText(allocation: Allocation): string {
  const { cpu, memory } = totalOf(allocation);
  const tasks = `${allocation.tasks} ${allocation.tasks === 1 ? "task" : "tasks"}`;
  return `${tasks}, ${fromMilli(cpu)} vCPU, ${fromMilli(memory)} GiB`;
}

function shortened(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1)}…`;
}
function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}
function round(value: number): number {
  return Math.round(value * 10) / 10;
}
