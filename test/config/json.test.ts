import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseJson } from "../../lib/config/json.ts";
import { InputError } from "../../lib/domain/model/errors.ts";

function faultOf(text: string): string | undefined {
  try {
    parseJson(text, "my.json");
    return undefined;
  } catch (error) {
    if (error instanceof InputError) return error.problems.join();
    throw error;
  }
}

describe("where a file is no JSON", () => {
  test.each([
    ["", "line 1, column 1: got the end of the file, expected a value"],
    ['{\n  "a": x\n}', 'line 2, column 8: got "x", expected a value'],
    ['{"a": 1,\n}', 'line 2, column 1: got "}", expected a key in double quotes'],
    ['{"a" 1}', 'line 1, column 6: got "1}", expected a colon'],
    ["[1 2]", 'line 1, column 4: got "2]", expected a comma or ]'],
    ["[1,", "line 1, column 4: got the end of the file, expected a value"],
    ["{} {}", 'line 1, column 4: got "{}", expected the end of the file'],
    ["[01]", 'line 1, column 2: got "01]", expected a value'],
    ['["a\tb"]', 'line 1, column 2: got "\\"a\\tb\\"]", expected a value'],
    ['{"a": 1, "b": {"c": 1, "c": 2}}', 'line 1, column 24: got "\\"c\\": 2}}", expected no second "c" in one object'],
    ['{"__proto__": {}}', 'line 1, column 2: got "\\"__proto__\\":", expected another key than "__proto__"'],
  ])("%j", (text, fault) => {
    expect(faultOf(text)).toBe(fault);
  });

  test("a hundred thousand brackets are no reason to crash", () => {
    expect(faultOf("[".repeat(100_000))).toContain("expected at most 100 levels");
  });
});

test("a byte order mark is no content", () => {
  expect(parseJson('\uFEFF{"a":1}', "my.json")).toEqual({ a: 1 });
});

function platformSays(text: string): unknown {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return "no JSON";
  }
}

/** Where we refuse what the platform takes. */
function isStricter(fault: string | undefined): boolean {
  return /no second|__proto__|at most 100 levels/.test(fault ?? "");
}

test("agrees with JSON.parse on what is JSON, and on what it says", () => {
  const damaged = fc
    .tuple(fc.json(), fc.nat(), fc.constantFrom("", ",", "}", '"', "0", "e", "\\", "-", " "))
    .map(([text, position, inserted]) => {
      const at = position % (text.length + 1);
      return text.slice(0, at) + inserted + text.slice(at + 1);
    });
  fc.assert(
    fc.property(fc.oneof(fc.json(), damaged), (text) => {
      const fault = faultOf(text);
      const ours = fault === undefined ? { value: parseJson(text, "my.json") } : "no JSON";
      expect(ours, text).toEqual(isStricter(fault) ? "no JSON" : platformSays(text));
    }),
    { numRuns: 2000, seed: 4711 },
  );
});
