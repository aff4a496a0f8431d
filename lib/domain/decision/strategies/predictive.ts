import * as z from "zod";
import { judgeReactively } from "./reactive.ts";
import { staffed, staffingNeed } from "./staffing.ts";
import { holdOpinion, type Judgement, type Opinion, type Strategy, stayedBelow } from "./strategy.ts";

/**
 * Grows when the upper bound of the forecast at now + lead crosses `up`, or when a breach is already there. Shrinks when
 * the value stayed below `down` for the relief time AND the highest upper bound up to the horizon would stay under `up`
 * after the step. Without a trusted forecast it judges as REACTIVE and says so. With `staffing` above 0 a CPU rule that
 * scales sideways is not judged by thresholds at all, but staffed by demand (staffing.ts).
 */
function judge(judgement: Judgement, parameters: Readonly<Record<string, number>>): Opinion {
  const { demand } = judgement.signal;
  if (demand !== undefined) return staffed(demand, parameters);
  const { signal, rule, factorUp, factorDown } = judgement;
  const { forecast, up, down, value } = signal;
  const now = judgeReactively(judgement);
  if (forecast === undefined || !forecast.trusted || now.want === "grow") return now;
  if (forecast.upper > up) {
    return {
      want: "grow",
      because: "forecast-above-threshold",
      judgedAs: "PREDICTIVE",
      compared: forecast.upper,
      threshold: up,
      factor: factorUp,
    };
  }
  if (!stayedBelow(signal, rule.reliefMs, down)) return holdOpinion("PREDICTIVE", signal);
  const after = forecast.peakUpper / factorDown;
  return after < up
    ? {
        want: "shrink",
        because: "forecast-stays-below",
        judgedAs: "PREDICTIVE",
        compared: after,
        threshold: up,
        factor: factorDown,
      }
    : { want: "hold", because: "forecast-does-not-allow", judgedAs: "PREDICTIVE", compared: value, threshold: up };
}

export const predictive: Strategy = {
  name: "PREDICTIVE",
  sentence: "Acts on a forecast of the metric at now + lead time, from trend and seasonality.",
  parameters: z.strictObject({
    leadSeconds: z
      .number()
      .min(60)
      .max(3600)
      .default(300)
      .describe(
        "How far ahead the forecast is read: start-up and deployment time plus one decision beat. Unit: seconds. Default 300.",
      ),
    staffing: z
      .number()
      .min(0)
      .max(3)
      .default(0)
      .describe(
        "Above 0: a CPU rule that scales the number of tasks asks for demand + staffing x sqrt(demand) tasks instead of steps. Default 0.",
      ),
    growthPercent: z
      .number()
      .min(10)
      .max(99.99)
      .default(95)
      .describe(
        "With staffing: share of the moments in which the growth within the lead time is to be covered; the knob between cost and service. Unit: percent. Default 95.",
      ),
    keepSeconds: z
      .number()
      .min(0)
      .max(900)
      .default(300)
      .describe("With staffing: tasks are kept for the highest demand of this past. Unit: seconds. Default 300."),
  }),
  staffing: staffingNeed,
  judge,
};
