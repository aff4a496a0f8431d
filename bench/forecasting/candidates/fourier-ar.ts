import { curveWithAr } from "../ar-residual.ts";
import { at, type Candidate } from "../candidate.ts";
import { ridge } from "../least-squares.ts";
import { slotMeans } from "./profile-ar.ts";

const HARMONICS = 8;
const LAMBDA = 1e-3;

/** Ridge on 1, cos and sin of 8 harmonics of the day, plus AR(3) of the residual. */
export const fourierAr: Candidate = {
  name: "Fourier + AR",
  fit(history, season) {
    const basis = Array.from({ length: season }, (_, slot) => terms(slot, season));
    const weights = ridge(basis, slotMeans(history, season), LAMBDA); // the means carry all that a fit on every value would use
    const curve = basis.map((row) => row.reduce((sum, x, i) => sum + x * at(weights, i), 0));
    return curveWithAr(history, (i) => at(curve, i % season));
  },
};

function terms(slot: number, season: number): Float64Array {
  const row = new Float64Array(1 + 2 * HARMONICS).fill(1);
  for (let h = 1; h <= HARMONICS; h++) {
    const angle = (2 * Math.PI * h * slot) / season;
    row[2 * h - 1] = Math.cos(angle);
    row[2 * h] = Math.sin(angle);
  }
  return row;
}
