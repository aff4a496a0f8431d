import { CONTROLLER } from "../../lib/backtest/controller-scalers.ts";
import { paretoFront } from "../../lib/backtest/pareto.ts";
import { BASELINE, ORACLE } from "../../lib/backtest/scalers.ts";
import { comparisonWith } from "./comparison.ts";
import { percent, ratio } from "./format.ts";
import { HPA, SWEPT } from "./plan.ts";
import { curveOf, type Results } from "./results.ts";
import { dot, line, type Point, picture, polyline, text } from "./svg.ts";

/** After Okabe and Ito: told apart by most eyes, and middling bright, for a light and a dark page. */
const COLORS: Readonly<Record<string, string>> = {
  [CONTROLLER]: "#d55e00",
  "aws-target-tracking-60s": "#56b4e9",
  [BASELINE]: "#0072b2",
  "aws-step-scaling": "#8c6bb1",
  "aws-predictive-scaling": "#17a2a2",
  [HPA]: "#009e73",
  keda: "#b8860b",
  "knative-kpa": "#cc79a7",
  "knative-kpa-delayed": "#a04070",
  "static-p99": "#999999",
  [ORACLE]: "#666699",
};

/** Of the violating share: 0.001 % (what a trace cannot tell from none) to all. */
const SHARE_MIN = 1e-5;
const SHARES = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1];
/** Of task-hours over the oracle's; what costs more or less is not shown. */
const COSTS = [0.8, 1, 1.25, 1.5, 2, 2.5, 4, 6, 10];
/** Of the small plots, which share their axis. */
const COSTS_MAX = 4;

/** All plots by their paths under docs/. */
export function plotFiles(results: Results): Readonly<Record<string, string>> {
  const traces = results.traces.map(({ trace }) => trace);
  return {
    "benchmark/pareto.svg": multiples(results, traces),
    "benchmark/equal-service.svg": equalService(results),
    ...Object.fromEntries(traces.map((trace) => [`benchmark/pareto-${trace}.svg`, paretoOf(results, trace)])),
  };
}

interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** Values on the axis of costs, from one of its ends to the other. */
  readonly costs: readonly number[];
}

function placed({ left, top, width, height, costs }: Frame, cost: number, share: number): Point {
  const [min = 1, max = 2] = [costs[0], costs.at(-1)];
  const part = Math.log(Math.max(SHARE_MIN, share) / SHARE_MIN) / Math.log(1 / SHARE_MIN);
  return { x: left + (width * Math.log(cost / min)) / Math.log(max / min), y: top + height * (1 - part) };
}

function axes(frame: Frame, withNumbers: boolean): readonly string[] {
  const { left, top, width, height, costs } = frame;
  const rows = SHARES.flatMap((share) => {
    const { y } = placed(frame, 1, share);
    const grid = line({ x: left, y }, { x: left + width, y }, "grid");
    return withNumbers ? [grid, text(left - 4, y + 4, shareText(share), { anchor: "end" })] : [grid];
  });
  const columns = costs.flatMap((cost) => {
    const { x } = placed(frame, cost, 1);
    const grid = line({ x, y: top }, { x, y: top + height }, "grid");
    return withNumbers ? [grid, text(x, top + height + 14, `${cost}`, { anchor: "middle" })] : [grid];
  });
  return [...rows, ...columns, line({ x: left, y: top + height }, { x: left + width, y: top + height }, "axis")];
}

function shareText(share: number): string {
  return `${Number((100 * share).toPrecision(1))} %`;
}

/** Each setting a dot, the best of them joined. */
function curves(results: Results, trace: string, scalers: readonly string[], frame: Frame): readonly string[] {
  const oracle = results.defaults.find((row) => row.trace === trace && row.scaler === ORACLE)?.taskHours;
  if (oracle === undefined) return [];
  return scalers.flatMap((scaler) => {
    const curve = results.curves.find(
      (each) => each.trace === trace && each.scaler === scaler && each.variant === "base",
    );
    const points = (curve?.points ?? [])
      .map(([setting, taskHours, violatingShare]) => ({ setting, taskHours: taskHours / oracle, violatingShare }))
      .filter(({ taskHours }) => taskHours >= (frame.costs[0] ?? 0) && taskHours <= (frame.costs.at(-1) ?? 0));
    const color = COLORS[scaler] ?? "#999999";
    const front = paretoFront(points).map((point) => placed(frame, point.taskHours, point.violatingShare));
    return [
      polyline(front, color, scaler === CONTROLLER ? 2.5 : 1.2),
      ...points.map(({ setting, taskHours, violatingShare }) =>
        dot(placed(frame, taskHours, violatingShare), color, {
          radius: setting === "default" ? 4 : 2,
          title: `${scaler} ${setting}: ${ratio(taskHours)} x the oracle's task-hours, ${percent(violatingShare)} % violating`,
        }),
      ),
    ];
  });
}

function legend(scalers: readonly string[], left: number, top: number, columns: number): readonly string[] {
  return scalers.flatMap((scaler, at) => {
    const x = left + (at % columns) * 172;
    const y = top + Math.floor(at / columns) * 16;
    return [dot({ x, y: y - 4 }, COLORS[scaler] ?? "#999999", { radius: 4 }), text(x + 9, y, scaler)];
  });
}

function paretoOf(results: Results, trace: string): string {
  const frame = { left: 62, top: 28, width: 620, height: 300, costs: costsFor(results, trace) };
  const title = `${trace}: violating share against task-hours over the oracle's`;
  return picture(700, 410, title, [
    text(frame.left, 16, title, { isHead: true }),
    ...axes(frame, true),
    ...curves(results, trace, SWEPT, frame),
    ...legend(SWEPT, 20, 366, 4),
  ]);
}

/** The axis that has all settings of the controller and of AWS on it. */
function costsFor(results: Results, trace: string): readonly number[] {
  const most = Math.max(
    ...[CONTROLLER, BASELINE].flatMap((scaler) => curveOf(results, scaler, trace).map(({ taskHours }) => taskHours)),
  );
  const oracle = results.defaults.find((row) => row.trace === trace && row.scaler === ORACLE)?.taskHours ?? Number.NaN;
  const end = COSTS.findIndex((cost) => cost >= Math.max(2, most / oracle));
  return end < 0 ? COSTS : COSTS.slice(0, end + 1);
}

const MULTIPLES = { columns: 4, width: 210, height: 130, gapX: 16, gapY: 40, left: 60, top: 34 };

function multiples(results: Results, traces: readonly string[]): string {
  const { columns, width, height, gapX, gapY, left, top } = MULTIPLES;
  const shown = [CONTROLLER, "aws-target-tracking-60s", BASELINE, HPA, "keda", "knative-kpa-delayed", ORACLE];
  const rows = Math.ceil(traces.length / columns);
  const panels = traces.flatMap((trace, at) => {
    const frame = {
      left: left + (at % columns) * (width + gapX),
      top: top + Math.floor(at / columns) * (height + gapY),
      width,
      height,
      costs: COSTS.filter((cost) => cost <= COSTS_MAX),
    };
    const isFirst = at % columns === 0;
    const shares = isFirst
      ? SHARES.map((share) => text(frame.left - 4, placed(frame, 1, share).y + 4, shareText(share), { anchor: "end" }))
      : [];
    const costs = [1, 1.5, 2, 4].map((cost) =>
      text(placed(frame, cost, 1).x, frame.top + height + 13, `${cost}`, { anchor: "middle" }),
    );
    return [
      text(frame.left, frame.top - 5, trace, { isHead: true }),
      ...axes(frame, false),
      ...shares,
      ...costs,
      ...curves(results, trace, shown, frame),
    ];
  });
  const bottom = top + rows * (height + gapY);
  return picture(left + columns * (width + gapX), bottom + 26, "Violating share against cost on each trace", [
    ...panels,
    ...legend(shown, left, bottom, 5),
  ]);
}

/** A row a trace, a dot for each peer of the goals: left of 1 the controller needs fewer task-hours. */
function equalService(results: Results): string {
  const peers = [BASELINE, HPA].map((peer) => ({ peer, of: comparisonWith(results, peer) }));
  const traces = results.traces.map(({ trace }) => trace);
  const [min, max] = [0.4, 1.5];
  const [left, width, row, top] = [150, 480, 20, 30];
  const x = (value: number): number =>
    left + (width * Math.log(Math.min(max, Math.max(min, value)) / min)) / Math.log(max / min);
  const bottom = top + traces.length * row;
  const grid = [0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.5].flatMap((value) => [
    line({ x: x(value), y: top - 8 }, { x: x(value), y: bottom }, value === 1 ? "axis" : "grid"),
    text(x(value), bottom + 14, `${value}`, { anchor: "middle" }),
  ]);
  const rows = traces.flatMap((trace, at) => {
    const y = top + at * row + 8;
    const dots = peers.flatMap(({ peer, of }) => {
      const value = of.traces.find((each) => each.trace === trace)?.ratio;
      if (value === undefined || value === null) return [];
      return [
        dot({ x: x(value), y }, COLORS[peer] ?? "#999999", {
          radius: 4.5,
          title: `${trace}, ${peer}: ${ratio(value)}`,
        }),
      ];
    });
    return [text(left - 10, y + 4, trace, { anchor: "end" }), ...dots];
  });
  const title = "Task-hours over the peer's at equal service";
  return picture(660, bottom + 44, title, [
    text(left, 14, title, { isHead: true }),
    ...grid,
    ...rows,
    ...legend(
      peers.map(({ peer }) => peer),
      left,
      bottom + 34,
      2,
    ),
  ]);
}
