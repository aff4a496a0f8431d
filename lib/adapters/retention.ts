import type { Resolution } from "../domain/model/sample.ts";

/** Time that one roll-up block covers: twelve 5-minute or twenty-four 1-hour buckets. A block is old when all of it is. */
export const BLOCK_MS = { "5m": 3_600_000, "1h": 86_400_000 } as const satisfies Record<Resolution, number>;
export const RESOLUTIONS = ["5m", "1h"] as const satisfies readonly Resolution[];
