import type { Candidate } from "../candidate.ts";
import { medianEnsemble, medianWithLagRidge, weightedEnsemble } from "./ensembles.ts";
import { fourierAr } from "./fourier-ar.ts";
import { holtWinters } from "./holt-winters.ts";
import { lagRidge } from "./lag-ridge.ts";
import { naive } from "./naive.ts";
import { profileAr, weekProfileAr } from "./profile-ar.ts";
import { seasonalDrift } from "./seasonal-drift.ts";
import { seasonalNaive } from "./seasonal-naive.ts";
import { ses } from "./ses.ts";

/** Everything compared; the naive forecast is the yardstick of the others. */
export const CANDIDATES: readonly Candidate[] = [
  naive,
  seasonalNaive,
  seasonalDrift,
  ses,
  holtWinters,
  profileAr,
  weekProfileAr,
  fourierAr,
  medianEnsemble,
  weightedEnsemble,
  lagRidge,
  medianWithLagRidge,
];
