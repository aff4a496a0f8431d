import { expect, test } from "vitest";
import { InputError } from "../../lib/domain/model/errors.ts";
import { factorForTasks, parseTrace } from "../../lib/simulation/trace.ts";

const rows = (...lines: readonly string[]) => lines.join("\n");

function problemsOf(text: string, options: { gaps?: "error" | "hold" } = {}): readonly string[] {
  try {
    parseTrace(text, "t.csv", options);
  } catch (error) {
    if (error instanceof InputError) return error.problems;
    throw error;
  }
  return [];
}

test.each([
  ["ISO with header", rows("timestamp,value", "2026-01-05T00:00:00Z,1", "2026-01-05T00:01:00Z,2", "")],
  ["no header, CRLF, byte order mark", "\uFEFF2026-01-05T00:00:00Z,1\r\n2026-01-05T00:01:00Z,2\r\n"],
  ["no zone means UTC", rows("2026-01-05 00:00:00,1", "2026-01-05 00:01:00,2")],
  ["another zone", rows("2026-01-05T02:00:00+02:00,1", "2026-01-05T02:01:00+02:00,2")],
  ["epoch seconds", rows("time,rps", "1767571200,1.0", "1767571260,2e0")],
  ["epoch milliseconds", rows("1767571200000, 1", "1767571260000, 2")],
])("%s", (_, text) => {
  expect(parseTrace(text, "t.csv")).toEqual({
    startMs: Date.UTC(2026, 0, 5),
    stepMs: 60_000,
    values: [1, 2],
    heldValues: 0,
  });
});

const head = ["timestamp,value", "2026-01-05T00:00:00Z,1", "2026-01-05T00:01:00Z,2", "2026-01-05T00:02:00Z,3"];
test.each([
  ["an empty file", "", [/^the file has no rows$/]],
  ["a header only", "timestamp,value\n", [/^the file has no rows$/]],
  ["one row", head.slice(0, 2).join("\n"), [/^one row only/]],
  ["NaN", rows(...head, "2026-01-05T00:03:00Z,NaN", "2026-01-05T00:04:00Z,5"), [/^line 5: not a number: "NaN"$/]],
  ["no value", rows(...head, "2026-01-05T00:03:00Z,"), [/^line 5: no value$/]],
  ["infinite", rows(...head, "2026-01-05T00:03:00Z,1e999"), [/^line 5: not a finite number: "1e999"$/]],
  ["a negative value", rows(...head, "2026-01-05T00:03:00Z,-4.5"), [/^line 5: negative: -4.5$/]],
  [
    "a row that is earlier",
    rows(...head, "2026-01-04T23:00:00Z,4"),
    [/^line 5: out of order: 2026-01-04T23:00:00Z comes after 2026-01-05T00:02:00Z of line 4$/],
  ],
  ["a row twice", rows(...head, "2026-01-05T00:02:00Z,4"), [/^line 5: the same time as line 4: 2026-01-05T00:02:00Z$/]],
  [
    "a gap",
    rows(...head, "2026-01-05T00:05:00Z,4"),
    [/^line 5: gap: 2 rows missing between 2026-01-05T00:02:00Z \(line 4\) and 2026-01-05T00:05:00Z$/],
  ],
  ["another step", rows(...head, "2026-01-05T00:03:30Z,4"), [/^line 5: 90 s after line 4, where the step is 60 s$/]],
  ["a line of something else", rows(...head, "hello"), [/^line 5: not `timestamp,value`: "hello"$/]],
  ["three columns", rows(...head, "2026-01-05T00:03:00Z,4,5"), [/^line 5: not `timestamp,value`/]],
  ["a broken date", rows(...head, "2026-13-45T00:00:00Z,4"), [/^line 5: not a timestamp: "2026-13-45T00:00:00Z"$/]],
  ["a broken first row is no header", rows("2026-99-01T00:00:00Z,x", ...head.slice(1)), [/^line 1: not a timestamp/]],
  ["only unusable rows", rows("a,b", "c,d"), [/^line 2: not a timestamp: "c"$/, /^too few usable rows/]],
])("%s is named with its line", (_, text, expected) => {
  const problems = problemsOf(text);
  expect(problems).toHaveLength(expected.length);
  for (const [at, pattern] of expected.entries()) expect(problems[at]).toMatch(pattern);
});

test("all problems at once, in the order of the lines", () => {
  const problems = problemsOf(
    rows(
      ...head,
      "2026-01-05T00:03:00Z,-1",
      "x",
      "2026-01-05T00:05:00Z,NaN",
      "2026-01-05T00:09:00Z,1",
      "2026-01-05T00:09:00Z,1",
    ),
  );
  expect(problems.map((problem) => /^line (\d+)/.exec(problem)?.[1])).toEqual(["5", "6", "7", "8", "9"]);
});

test("twenty problems in full, the rest counted", () => {
  const many = Array.from({ length: 33 }, (_, at) => `${1_767_571_200 + at * 60},-1`);
  const problems = problemsOf(many.join("\n"));
  expect(problems).toHaveLength(21);
  expect(problems[20]).toBe("and 13 more");
});

test("small gaps can be held, long ones cannot", () => {
  const gap = (minutes: number) => rows(...head, `${Date.UTC(2026, 0, 5) / 1000 + (2 + minutes) * 60},9`);
  expect(parseTrace(gap(3), "t.csv", { gaps: "hold" })).toMatchObject({ values: [1, 2, 3, 3, 3, 9], heldValues: 2 });
  expect(problemsOf(gap(17), { gaps: "hold" })[0]).toMatch(/gap: 16 rows missing .* more than the 15 that may be held/);
});

test("the factor makes the 99th percentile the work of so many tasks", () => {
  const values = Array.from({ length: 100 }, (_, at) => at + 1); // p99 = 99
  expect(factorForTasks({ values }, { tasks: 33, opsPerTask: 6 })).toBe(2);
  expect(() => factorForTasks({ values: [0, 0] }, { tasks: 1, opsPerTask: 1 })).toThrow(InputError);
});
