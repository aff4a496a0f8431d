import * as z from "zod";
import { judgeReactively } from "./reactive.ts";
import { holdOpinion, type Judgement, type Opinion, type Strategy, stayedBelow } from "./strategy.ts";
import { trendOf } from "./trend.ts";

/**
 * Keeps headroom: its up threshold lies `headroomPercent` of the way from `up` back to target. Grows when a clear trend
 * crosses that line within the lead time, or the value is above it for the breach time. Shrinks when the value stayed
 * below `down` for TWICE the relief time and no clear trend would bring it back above `down` within the lead time.
 */
function judge(judgement: Judgement, parameters: Readonly<Record<string, number>>): Opinion {
  const { signal, rule, factorUp, factorDown } = judgement;
  const { up, down, target, value } = signal;
  const line = up - (up - target) * ((parameters["headroomPercent"] ?? 50) / 100);
  const leadMs = (parameters["leadSeconds"] ?? 300) * 1000;
  const now = judgeReactively({ ...judgement, signal: { ...signal, up: line } });
  if (now.want === "grow") return { ...now, judgedAs: "PROACTIVE" };
  const trend = trendOf(signal.points, parameters["trendSamples"] ?? 10);
  const projected = trend?.clear === true ? trend.level + trend.slope * leadMs : undefined;
  if (projected !== undefined && value !== undefined && projected > line && value > target) {
    return {
      want: "grow",
      because: "trend-crosses-threshold",
      judgedAs: "PROACTIVE",
      compared: projected,
      threshold: line,
      factor: factorUp,
    };
  }
  if (stayedBelow(signal, 2 * rule.reliefMs, down)) {
    return projected === undefined || projected < down
      ? {
          want: "shrink",
          because: "trend-stays-below",
          judgedAs: "PROACTIVE",
          compared: projected ?? value,
          threshold: down,
          factor: factorDown,
        }
      : {
          want: "hold",
          because: "forecast-does-not-allow",
          judgedAs: "PROACTIVE",
          compared: projected,
          threshold: down,
        };
  }
  return holdOpinion("PROACTIVE", signal);
}

export const proactive: Strategy = {
  name: "PROACTIVE",
  sentence:
    "Prevents trouble: acts when the present trend would cross the threshold within the lead time, and keeps headroom.",
  parameters: z.strictObject({
    leadSeconds: z
      .number()
      .min(60)
      .max(3600)
      .default(300)
      .describe("How far the trend is carried on. Unit: seconds. Default 300."),
    trendSamples: z.number().min(4).max(60).default(10).describe("Samples the trend is drawn through. Default 10."),
    headroomPercent: z
      .number()
      .min(0)
      .max(100)
      .default(50)
      .describe("How far the up threshold is drawn back towards target. Unit: percent of the way. Default 50."),
  }),
  judge,
};
