import type { RecordedRun } from "../backtest.ts";

/** What the script of the page draws, as plain JSON. */
export interface PlotData {
  readonly traces: readonly TracePlot[];
}
interface TracePlot {
  readonly trace: string;
  /** Epoch seconds of the first bucket, and the length of each. */
  readonly fromSeconds: number;
  readonly bucketSeconds: number;
  readonly demand: readonly number[];
  readonly runs: readonly {
    readonly scaler: string;
    readonly colour: string;
    readonly supply: readonly number[];
    /** Seconds after the first bucket, tasks before and after, why. */
    readonly decisions: readonly (readonly [at: number, from: number, to: number, reason: string])[];
    /** Decisions that the page has no room for, the smallest changes. */
    readonly decisionsLeftOut: number;
  }[];
}

/** Of all traces together: some two megabytes. */
const DECISIONS_MAX = 9000;
const REASON_LENGTH_MAX = 240;

/** Okabe and Ito's colours, which most colour-blind people can tell apart, and four more. */
const COLOURS = [
  "#0072b2",
  "#d55e00",
  "#009e73",
  "#cc79a7",
  "#e69f00",
  "#56b4e9",
  "#7f3c8d",
  "#5f6b6d",
  "#a5aa99",
  "#e73f74",
];

/** The colour of the scaler at this place among those shown. */
export function colourOf(place: number): string {
  return COLOURS[place % COLOURS.length] ?? "#000000";
}

export function plotDataOf(recorded: readonly RecordedRun[], scalers: readonly string[]): PlotData {
  const traces = [...new Set(recorded.map(({ trace }) => trace))];
  const most = Math.floor(DECISIONS_MAX / Math.max(1, traces.length));
  return {
    traces: traces.flatMap((trace): TracePlot[] => {
      const runs = recorded.filter((run) => run.trace === trace);
      const [first] = runs;
      if (first === undefined) return [];
      const { fromMs, bucketMs, demand } = first.recording;
      return [
        {
          trace,
          fromSeconds: fromMs / 1000,
          bucketSeconds: bucketMs / 1000,
          demand,
          runs: runs.map(({ scaler, recording, decisions }) => {
            const scored = decisions.filter(({ atMs }) => atMs >= fromMs);
            const kept = largest(scored, most);
            return {
              scaler,
              colour: colourOf(scalers.indexOf(scaler)),
              supply: recording.supply,
              decisions: kept.map(
                ({ atMs, from, to, reason }) =>
                  [Math.round((atMs - fromMs) / 1000), from, to, reason.slice(0, REASON_LENGTH_MAX)] as const,
              ),
              decisionsLeftOut: scored.length - kept.length,
            };
          }),
        },
      ];
    }),
  };
}

/** The `most` largest changes, in the order of time. */
function largest(decisions: RecordedRun["decisions"], most: number): RecordedRun["decisions"] {
  if (decisions.length <= most) return decisions;
  const kept = new Set([...decisions].sort((a, b) => Math.abs(b.to - b.from) - Math.abs(a.to - a.from)).slice(0, most));
  return decisions.filter((decision) => kept.has(decision));
}
