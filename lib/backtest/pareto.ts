/** A setting of a scaler, as what it costs and what it lets happen. */
export interface Tradeoff {
  readonly taskHours: number;
  /** 0..1 */
  readonly violatingShare: number;
}

/**
 * Those that no other beats in both: ascending by cost, the violating share falling strictly. Of equal ones the first stays.
 */
export function paretoFront<Point extends Tradeoff>(points: readonly Point[]): readonly Point[] {
  const sorted = [...points].sort((a, b) => a.taskHours - b.taskHours || a.violatingShare - b.violatingShare);
  const front: Point[] = [];
  for (const point of sorted) {
    const best = front.at(-1);
    if (best === undefined || point.violatingShare < best.violatingShare) front.push(point);
  }
  return front;
}
