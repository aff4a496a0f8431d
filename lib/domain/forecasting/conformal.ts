/**
 * Split-conformal quantile (Vovk et al. 2005; Lei et al. 2018): with n residuals of forecasts that had not seen their
 * outcome, the ⌈(n + 1) p⌉-th smallest bounds the next one with probability at least p, if it is exchangeable with
 * them. Undefined if n is too small for p.
 * @param ascending residuals, sorted
 * @param p         in (0, 1)
 */
export function conformalQuantile(ascending: ArrayLike<number>, p: number): number | undefined {
  return ascending[indexOfQuantile(ascending.length, p)];
}

/**
 * Margins of a two-sided band around forecasts whose outcomes missed them by `residuals` (outcome - forecast): each
 * side misses (1 - coverage) / 2. Too few residuals: the largest stands in. Margins are at least 0.
 */
export function conformalMargins(residuals: Float64Array, coverage: number): { below: number; above: number } {
  return marginsOfSorted(residuals.slice().sort(), coverage);
}

/** The same of residuals that are ascending already. */
export function marginsOfSorted(ascending: Float64Array, coverage: number): { below: number; above: number } {
  if (ascending.length === 0) return { below: 0, above: 0 };
  const last = ascending.length - 1;
  // Seen from the other side the residuals are negative and in the reverse order: the same place, counted from the end.
  const place = Math.min(last, indexOfQuantile(ascending.length, (1 + coverage) / 2));
  const [below, above] = [-(ascending[last - place] as number), ascending[place] as number];
  return { below: Math.max(0, below), above: Math.max(0, above) };
}

/** Place of the quantile in ascending order; from `count` on there are too few for it. */
function indexOfQuantile(count: number, p: number): number {
  return Math.max(0, Math.ceil((count + 1) * p - 1e-9) - 1);
}
