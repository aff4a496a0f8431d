import { curveWithAr } from "../ar-residual.ts";
import { at, type Candidate } from "../candidate.ts";

/** Mean of each slot of the day over the history, plus AR(3) of the residual. */
export const profileAr: Candidate = {
  name: "day profile + AR",
  fit(history, season) {
    const profile = slotMeans(history, season);
    return curveWithAr(history, (i) => at(profile, i % season));
  },
};

/** Mean of each slot of the week (half) and of the day (half) where two weeks are there, else of the day; plus AR(3). */
export const weekProfileAr: Candidate = {
  name: "week profile + AR",
  fit(history, season) {
    const day = slotMeans(history, season);
    if (history.length < 14 * season) return curveWithAr(history, (i) => at(day, i % season));
    const week = slotMeans(history, 7 * season);
    return curveWithAr(history, (i) => (at(day, i % season) + at(week, i % (7 * season))) / 2);
  },
};

/** Mean of each slot of a season; 0 for a slot never seen. */
export function slotMeans(history: Float64Array, season: number): Float64Array {
  const sum = new Float64Array(season);
  const count = new Float64Array(season);
  history.forEach((y, i) => {
    sum[i % season] = at(sum, i % season) + y;
    count[i % season] = at(count, i % season) + 1;
  });
  return sum.map((total, slot) => total / Math.max(1, at(count, slot)));
}
