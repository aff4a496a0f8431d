import { expect, test } from "vitest";
import { ProgressLine } from "../../lib/backtest/progress.ts";

function watched(isTerminal: boolean) {
  const written: string[] = [];
  let nowMs = 0;
  const line = new ProgressLine({
    isTerminal,
    columns: 60,
    write: (text) => written.push(text),
    nowMs: () => nowMs,
  });
  return { written, line, wait: (ms: number) => (nowMs += ms) };
}

test("a short backtest says nothing", () => {
  const { written, line, wait } = watched(true);
  line.begin("a: oracle", 0, 1);
  wait(1500);
  line.advance(0.9);
  line.end();
  expect(written).toEqual([]);
});

test("on a terminal the line is redrawn in place, not too often, cut to its width, and cleared", () => {
  const { written, line, wait } = watched(true);
  line.begin("a: oracle", 0, 4);
  wait(3000);
  line.advance(0.5);
  wait(100);
  line.advance(0.6);
  wait(200);
  line.begin("a-trace-with-a-long-name: aws-target-tracking-20s", 1, 4);
  line.end();
  expect(written).toEqual([
    "\r12 % (run 1 of 4, about 21 s left)  a: oracle\u001b[K",
    `\r${"25 % (run 2 of 4, about 10 s left)  a-trace-with-a-long-name: aws".slice(0, 59)}\u001b[K`,
    "\r\u001b[K",
  ]);
});

test("elsewhere a line comes every half minute", () => {
  const { written, line, wait } = watched(false);
  line.begin("a: oracle", 0, 2);
  for (let second = 0; second < 70; second += 5) {
    wait(5000);
    line.advance(second / 70);
  }
  line.end();
  expect(written).toHaveLength(3);
  expect(written[0]).toBe("0 % (run 1 of 2)  a: oracle\n");
  expect(written[1]).toMatch(/^21 % \(run 1 of 2, about \d+ s left\) {2}a: oracle\n$/);
});
