/**
 * Split-conformal quantile (Vovk et al. 2005; Lei et al. 2018): with n residuals of forecasts that had not seen their
 * outcome, the ⌈(n + 1) p⌉-th smallest bounds the next one with probability at least p, if it is exchangeable with
 * them. Undefined if n is too small for p.
 * @param ascending residuals, sorted
 * @param p         in (0, 1)
 */
export function conformalQuantile(ascending: ArrayLike<number>, p: number): number | undefined {
  const rank = Math.ceil((ascending.length + 1) * p - 1e-9);
  return rank > ascending.length ? undefined : ascending[Math.max(0, rank - 1)];
}

/**
 * Margins of a two-sided band around forecasts whose outcomes missed them by `residuals` (outcome - forecast): each
 * side misses (1 - coverage) / 2. Too few residuals: the largest stands in. Margins are at least 0.
 */
export function conformalMargins(residuals: Float64Array, coverage: number): { below: number; above: number } {
  if (residuals.length === 0) return { below: 0, above: 0 };
  const p = (1 + coverage) / 2;
  const ascending = residuals.slice().sort();
  const above = edge(ascending, p);
  for (let i = 0; i < ascending.length; i++) ascending[i] = -(ascending[i] as number);
  return { below: Math.max(0, edge(ascending.reverse(), p)), above: Math.max(0, above) };
}

function edge(ascending: Float64Array, p: number): number {
  return conformalQuantile(ascending, p) ?? (ascending[ascending.length - 1] as number);
}
