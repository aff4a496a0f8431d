import { type Markup, markup } from "../../widget/markup.ts";
import { paretoFront } from "../pareto.ts";
import type { ResultRow } from "../result-row.ts";
import { colourOf } from "./plot-data.ts";

const WIDTH = 760;
const HEIGHT = 360;
const LEFT = 64;
const RIGHT = 24;
const TOP = 12;
const BOTTOM = 44;
/** Shares below this stand at the left edge. */
const SHARE_MIN = 1e-5;
const DECADES = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1];

/** Task-hours against the violating share of a trace, a point for each setting, each scaler's Pareto part joined. */
export function tradeoffPlot(results: readonly ResultRow[], scalers: readonly string[]): Markup {
  const most = Math.max(1, ...results.map(({ taskHours }) => taskHours)) * 1.05;
  const x = (share: number): number => {
    const part = Math.log(Math.max(SHARE_MIN, share) / SHARE_MIN) / Math.log(1 / SHARE_MIN);
    return round(LEFT + part * (WIDTH - LEFT - RIGHT));
  };
  const y = (taskHours: number): number => round(HEIGHT - BOTTOM - (taskHours / most) * (HEIGHT - TOP - BOTTOM));
  const place = (row: ResultRow): string => `${x(row.violatingShare)},${y(row.taskHours)}`;
  const present = scalers.filter((scaler) => results.some((row) => row.scaler === scaler));
  const curves = present.map((scaler) => {
    const rows = results.filter((row) => row.scaler === scaler);
    const colour = colourOf(scalers.indexOf(scaler));
    return markup`<g fill="${colour}" stroke="${colour}"><polyline fill="none" stroke-width="1.5" points="${paretoFront(rows).map(place).join(" ")}"/>${rows.map(
      (row) =>
        markup`<circle cx="${x(row.violatingShare)}" cy="${y(row.taskHours)}" r="${row.run === "default" ? 5 : 3}"><title>${pointTitle(row)}</title></circle>`,
    )}</g>`;
  });
  return markup`<svg class="tradeoff" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Task-hours against violating share">${axes(x, y, most)}${curves}</svg><p class="key">${present.map(
    (scaler) => markup`<span><i style="background:${colourOf(scalers.indexOf(scaler))}"></i>${scaler}</span> `,
  )}</p>`;
}

function axes(x: (share: number) => number, y: (hours: number) => number, most: number): Markup {
  const step = tickStep(most);
  const hours = Array.from({ length: Math.floor(most / step) + 1 }, (_, at) => at * step);
  return markup`<g class="axes">${DECADES.map(
    (share) =>
      markup`<line x1="${x(share)}" x2="${x(share)}" y1="${TOP}" y2="${HEIGHT - BOTTOM}"/><text x="${x(share)}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${share === SHARE_MIN ? "≤ " : ""}${share * 100} %</text>`,
  )}${hours.map(
    (value) =>
      markup`<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(value)}" y2="${y(value)}"/><text x="${LEFT - 6}" y="${y(value) + 4}" text-anchor="end">${value}</text>`,
  )}<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 8}" text-anchor="middle">requests in violation (logarithmic)</text><text transform="translate(14 ${(HEIGHT - BOTTOM + TOP) / 2}) rotate(-90)" text-anchor="middle">task-hours</text></g>`;
}

/** 1, 2 or 5 times a power of ten, such that there are four to ten of them. */
function tickStep(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most));
  const scaled = most / power;
  if (scaled < 2) return power / 5;
  return scaled < 5 ? power / 2 : power;
}

function pointTitle({ scaler, knob, violatingShare, taskHours }: ResultRow): string {
  const setting = knob === undefined ? "default" : `${knob.parameter} ${knob.value}`;
  return `${scaler}, ${setting}: ${(100 * violatingShare).toPrecision(3)} % in violation, ${taskHours.toFixed(0)} task-hours`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
