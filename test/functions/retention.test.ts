import { expect, test } from "vitest";
import { purgedAfterTtl, timeToLive } from "../../functions/retention.ts";
import { aFleet } from "../support/fleet-builders.ts";

const DAY = 86_400_000;
const retention = (days: number) => ({
  samplesMs: days * DAY,
  rollups5mMs: 2,
  rollups1hMs: 3,
  holdsMs: 4,
  actionsMs: 5,
});
function keeping(days: number) {
  const fleet = aFleet();
  return { ...fleet, optimization: { ...fleet.optimization, retention: retention(days) } };
}

test("items live as long as the fleet that keeps them longest wants", () => {
  expect(timeToLive([keeping(3), keeping(7), keeping(1)])).toEqual(retention(7));
});

test("the purge comes four days after the ttl, which DynamoDB keeps within two", () => {
  const before = keeping(3);
  const after = purgedAfterTtl(before);
  expect(after.optimization.retention.samplesMs).toBe(7 * DAY);
  expect(after.optimization.retention.actionsMs).toBe(5 + 4 * DAY);
  expect({ ...after, optimization: before.optimization }).toEqual(before);
});
