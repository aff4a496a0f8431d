import { CloudWatchClient, GetMetricDataCommand, type MetricDataResult } from "@aws-sdk/client-cloudwatch";
import { mockClient } from "aws-sdk-client-mock";
import { describe, expect, test } from "vitest";
import { CloudWatchMetricSource } from "../../../lib/adapters/aws/cloudwatch/index.ts";
import type { Sample } from "../../../lib/domain/model/sample.ts";
import { ALLOCATION, MINUTE, START, targetOf } from "../../support/cloudwatch-service.ts";

const NOW = START + 60 * MINUTE;
/** Timestamps, in minutes before now, and values. */
type Points = readonly (readonly [minutesAgo: number, value: number])[];

function result(id: string, points: Points, more: Partial<MetricDataResult> = {}): MetricDataResult {
  return {
    Id: id,
    StatusCode: "Complete",
    Timestamps: points.map(([minutesAgo]) => new Date(NOW - minutesAgo * MINUTE)),
    Values: points.map(([, value]) => value),
    ...more,
  };
}

/** CPU (m0) and memory (m1) as these pages say, read at NOW for the last minutes. */
async function read(
  pages: readonly (readonly MetricDataResult[])[],
  { minutes = 1, nowMs = NOW, messages = [] as string[], log = [] as string[] } = {},
): Promise<readonly Sample[] | Error> {
  const client = new CloudWatchClient({ region: "eu-west-1" });
  const tokens: (string | undefined)[] = [];
  mockClient(client)
    .on(GetMetricDataCommand)
    .callsFake(async ({ NextToken }: { NextToken?: string }) => {
      const page = tokens.length;
      tokens.push(NextToken);
      return {
        MetricDataResults: pages[page],
        Messages: messages.map((Value) => ({ Code: "Note", Value })),
        ...(page + 1 < pages.length && { NextToken: `page ${page + 1}` }),
      };
    });
  const source = new CloudWatchMetricSource({
    client,
    targets: [targetOf()],
    log: (level, message, fields) => log.push(`${level} ${message} ${JSON.stringify(fields)}`),
  });
  const request = { component: "web", sinceMs: NOW - minutes * MINUTE, allocationAt: () => ALLOCATION };
  const [answer] = await source.read([request], nowMs);
  expect(tokens).toEqual(pages.map((_, i) => (i === 0 ? undefined : `page ${i}`)));
  return answer ?? new Error("no answer");
}
const STEADY = result(
  "m1",
  [9, 8, 7, 6, 5, 4, 3, 2, 1].map((minutesAgo) => [minutesAgo, 40]),
);

describe("answers that are not as one would like", () => {
  test("results without order, with periods nobody asked for, and two values for one period: the larger counts", async () => {
    const cpu = result("m0", [
      [1, 10],
      [30, 99],
      [3, 30],
      [2, 20],
      [2, 25],
      [2, 21],
    ]);
    const samples = await read([[STEADY, cpu]], { minutes: 3 });
    expect(samples).toMatchObject([300, 250, 100].map((cpuUsed) => ({ values: { cpuUsed, memoryUsed: 800 } })));
  });

  test("pages of one id are put together, and the last one's status counts", async () => {
    const samples = await read(
      [
        [result("m0", [[3, 30]], { StatusCode: "PartialData" }), STEADY],
        [result("m0", [[2, 20]], { StatusCode: "PartialData" })],
        [result("m0", [[1, 10]])],
      ],
      { minutes: 3 },
    );
    expect(samples).toMatchObject([300, 200, 100].map((cpuUsed) => ({ values: { cpuUsed } })));
  });

  test("the period that runs is not handed out, whatever it says so far", async () => {
    const cpu = result("m0", [
      [1, 10],
      [0, 90],
    ]);
    const samples = await read([[cpu, STEADY]], { nowMs: NOW + 30_000 });
    expect(samples).toMatchObject([{ endMs: NOW, values: { cpuUsed: 100 } }]);
  });

  test.each<[string, Points, string]>([
    ["in the future only", [[-5, 50]], "future"],
    ["not a number", [[1, Number.NaN]], "not-finite"],
    ["infinite", [[1, Number.POSITIVE_INFINITY]], "not-finite"],
    ["negative", [[1, -3]], "negative"],
    ["older only, and silent for long", [[8, 50]], "missing"],
    ["none at all", [], "missing"],
  ])("%s: absent with the reason", async (_name, points, reason) => {
    const samples = await read([[result("m0", points), STEADY]]);
    expect(samples).toMatchObject([{ endMs: NOW, values: { memoryUsed: 800 }, absent: { cpuUsed: reason } }]);
    expect(samples).not.toHaveProperty("0.values.cpuUsed");
  });

  test("a metric that is new, like all others, is waited for two minutes", async () => {
    const alone = [[result("m0", []), result("m1", [[1, 40]])]];
    expect(await read(alone)).toEqual([]);
    expect(await read(alone, { nowMs: NOW + 2 * MINUTE })).toMatchObject([{ absent: { cpuUsed: "missing" } }]);
  });

  test("what should be there by now is waited for", async () => {
    expect(await read([[result("m0", [[2, 50]]), STEADY]])).toEqual([]);
  });

  test("an answer that does not mention a metric is partial", async () => {
    expect(await read([[STEADY]])).toEqual([]);
    expect(await read([[STEADY]], { nowMs: NOW + 3 * MINUTE })).toMatchObject([{ absent: { cpuUsed: "partial" } }]);
  });

  test("a status that is not known is a doubt, none at all is not", async () => {
    const cpu = (StatusCode: string | undefined) => result("m0", [[1, 50]], { StatusCode: StatusCode as "Complete" });
    expect(await read([[cpu("Confused"), STEADY]])).toEqual([]);
    expect(await read([[cpu(undefined), STEADY]])).toMatchObject([{ values: { cpuUsed: 500 } }]);
  });

  test("CloudWatch's remarks are logged once for a call", async () => {
    const log: string[] = [];
    const noted = result("m0", [[1, 50]], { Messages: [{ Code: "ArithmeticError", Value: "dropped" }] });
    await read([[noted, STEADY]], { messages: ["limits"], log });
    expect(log).toEqual(['warn CloudWatch has remarks {"messages":["ArithmeticError: dropped","Note: limits"]}']);
  });
});
