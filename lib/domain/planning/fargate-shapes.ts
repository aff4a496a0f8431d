import { FARGATE_SIZES } from "./fargate-sizes.ts";
import { costPerHour } from "./prices.ts";

/** CPU and memory of one task, milli-units. */
export interface Shape {
  readonly cpu: number;
  readonly memory: number;
}

function pricePerHour({ cpu, memory }: Shape): number {
  return costPerHour({ tasks: 1, size: { cpu, memory, network: 0, storage: 0 } });
}

/** Every valid Fargate shape, cheapest first: the first that fits is the cheapest that fits. */
export const SHAPES_BY_PRICE: readonly Shape[] = FARGATE_SIZES.flatMap(({ cpu, memory }) =>
  memory.map((each): Shape => ({ cpu, memory: each })),
).sort((a, b) => pricePerHour(a) - pricePerHour(b));
