import { createReadStream } from "node:fs";
import { InputError } from "../domain/model/errors.ts";
import { LINE_END, type Trace, TraceLines } from "../simulation/trace.ts";
import type { TraceOptions } from "../simulation/trace-rows.ts";
import { parseMetricData } from "./metric-data.ts";

/** The JSON of a year of minutes is some 50 MB; it is not read as a stream. */
const JSON_LENGTH_MAX = 200_000_000;

/**
 * A trace from a file: CSV (lib/simulation/trace.ts), read as a stream so that a file of any length needs memory for its
 * values only, or the JSON of `aws cloudwatch get-metric-data`. Which of them is told by the first character.
 *
 * @throws {InputError} when it cannot be read, and with all problems of its contents.
 */
export async function readTraceFile(file: string, options: TraceOptions = {}): Promise<Trace> {
  const lines = new TraceLines(file, options);
  let json: string[] | undefined;
  let jsonLength = 0;
  let rest = "";
  let isFirst = true;
  for await (const chunk of chunksOf(file)) {
    if (isFirst && /^[\uFEFF\s]*[{[]/.test(chunk)) json = [];
    if (chunk.trim() !== "") isFirst = false;
    if (json !== undefined) {
      json.push(chunk);
      jsonLength += chunk.length;
      if (jsonLength > JSON_LENGTH_MAX)
        throw new InputError(`the trace ${file} cannot be used`, [
          `JSON of more than ${JSON_LENGTH_MAX / 1e6} MB: write it as lines of timestamp,value`,
        ]);
      continue;
    }
    // A carriage return at the end of a chunk may be half of a line's end.
    const text = rest + chunk;
    const usable = text.endsWith("\r") ? text.length - 1 : text.length;
    const parts = text.slice(0, usable).split(LINE_END);
    rest = (parts.pop() ?? "") + text.slice(usable);
    for (const part of parts) lines.add(part);
  }
  if (json !== undefined) return parseMetricData(json.join(""), file, options);
  for (const part of rest.split(LINE_END)) lines.add(part);
  return lines.finish();
}

async function* chunksOf(file: string): AsyncGenerator<string> {
  try {
    for await (const chunk of createReadStream(file, { encoding: "utf8", highWaterMark: 1 << 18 })) yield String(chunk);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new InputError(`the trace ${file} cannot be read`, [why], { cause: error });
  }
}
