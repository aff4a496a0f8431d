import { type Allocation, fromMilli } from "../model/resources.ts";

/**
 * Hourly list prices, dollars: AWS Fargate, Linux on x86, us-east-1, on demand, as quoted in 2026 from the AWS Fargate
 * pricing page (https://aws.amazon.com/fargate/pricing/); to be re-checked against that page when it changes.
 * EC2 capacity is priced with the same rates, as a stand-in: what a task costs there depends on the instances it shares.
 * Network has no hourly price.
 */
export const HOURLY_PRICES = {
  /** One vCPU for an hour. */
  cpu: 0.04048,
  /** One GiB of memory for an hour. */
  memory: 0.004445,
  /** One GiB of ephemeral storage above the free 20 GiB for an hour. */
  storage: 0.000111,
} as const;

/** What an allocation costs, dollars per hour; 0 for no tasks. */
export function costPerHour({ tasks, size }: Allocation): number {
  const milliDollars =
    size.cpu * HOURLY_PRICES.cpu + size.memory * HOURLY_PRICES.memory + size.storage * HOURLY_PRICES.storage;
  return tasks * fromMilli(milliDollars);
}
