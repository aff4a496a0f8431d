/**
 * Models work on √(demand / scale), "root units": the noise of counts grows like the root of their level (Bartlett
 * 1936), so one margin serves busy and quiet hours; zero needs no special case, as it would under a logarithm; and
 * dividing by the scale first makes every result proportional to its input.
 */
export function toRoot(demand: number, scale: number): number {
  return Math.sqrt(demand / scale);
}

/** Inverse of toRoot; roots below 0 are 0 demand. */
export function fromRoot(root: number, scale: number): number {
  return scale * Math.max(0, root) ** 2;
}
