import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DICTIONARY, packed, unpacked } from "../../lib/adapters/dynamo/packing.ts";
import { aHold, aState } from "../contracts/store-records.ts";

const numbers = (count: number) => Array.from({ length: count }, (_, i) => Math.round(1e6 * Math.sin(i + 1)) / 1000);

describe("packing", () => {
  test("the dictionary is what stored items were packed with: it may never change under this format", () => {
    expect(createHash("sha256").update(DICTIONARY).digest("hex").slice(0, 16)).toBe("284399810d2c24ad");
    const stored = "AcPWzCxPTVJCasPF1gIA";
    expect(unpacked(Buffer.from(stored, "base64"))).toBe(JSON.stringify({ v: 1, component: "web", window: [] }));
  });

  test("what is stored is read again, byte for byte", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 5000 }), (text) => {
        expect(unpacked(packed(text))).toBe(text);
      }),
      { seed: 1, numRuns: 200 },
    );
    const long = JSON.stringify({ v: 1, component: "web", window: numbers(400), because: "naïve ✓" });
    expect(packed(long)).toBeInstanceOf(Uint8Array);
    expect(unpacked(packed(long))).toBe(long);
  });

  test("short texts, and those that no unit is saved on, stay texts", () => {
    const noise = createHash("sha512").update("a").digest("base64");
    expect(packed(JSON.stringify({ v: 1, a: numbers(40) }))).toBeTypeOf("string");
    const hard = Array.from({ length: 14 }, (_, i) => createHash("sha512").update(`${i}`).digest("base64")).join("");
    expect(hard.length).toBeGreaterThan(14 * noise.length - 1);
    expect(packed(hard)).toBe(hard);
  });

  test("a state and a hold are one unit each", () => {
    for (const record of [aState(), aHold()]) {
      const stored = packed(JSON.stringify(record));
      expect(Buffer.byteLength(stored)).toBeLessThan(1024 - 170);
    }
  });

  test("what another version packed, and what is damaged, is an error", () => {
    const stored = packed(JSON.stringify(numbers(500)));
    if (typeof stored === "string") throw new Error("not packed");
    expect(() => unpacked(Uint8Array.of(9, 1, 2, 3))).toThrow("packed in a way (9) that this version does not know");
    expect(() => unpacked(stored.subarray(0, 40))).toThrow(/unexpected end|invalid/);
  });
});
