/** Time that one roll-up block covers: twelve 5-minute or twenty-four 1-hour buckets. A block is old when all of it is. */
export const BLOCK_MS = { "5m": 3_600_000, "1h": 86_400_000 } as const;
