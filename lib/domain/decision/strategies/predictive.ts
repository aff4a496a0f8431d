import * as z from "zod";
import { judgeReactively } from "./reactive.ts";
import { holdOpinion, type Judgement, type Opinion, type Strategy, sustained } from "./strategy.ts";

/**
 * Grows when the upper bound of the forecast at now + lead crosses `up`, or when a breach is already there. Shrinks when
 * the value stayed below `down` for the relief time AND the highest upper bound up to the horizon would stay under `up`
 * after the step. Without a trusted forecast it judges as REACTIVE and says so.
 */
function judge(judgement: Judgement): Opinion {
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
  if (!sustained(signal, rule.reliefMs, (each) => each < down)) return holdOpinion("PREDICTIVE", signal);
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
  }),
  judge,
};
