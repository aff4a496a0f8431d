import { InputError } from "../domain/model/errors.ts";

/*
 * JSON.parse says where an error is only sometimes, and keeps the last of two equal keys in silence. A person who edits a
 * file by hand needs line and column, and to hear of the second key.
 */

/** @throws InputError that names `source`, line and column. */
export function parseJson(text: string, source: string): unknown {
  const bare = text.startsWith("\uFEFF") ? text.slice(1) : text;
  const fault = new Scanner(bare).fault();
  if (fault) {
    const before = bare.slice(0, fault.at).split("\n");
    const column = (before[before.length - 1] ?? "").length + 1;
    throw new InputError(`${source} is not valid JSON`, [`line ${before.length}, column ${column}: ${fault.message}`]);
  }
  return JSON.parse(bare);
}

interface Fault {
  readonly at: number;
  readonly message: string;
}

const DEPTH_MAX = 100;
const BLANK = /[ \t\n\r]*/y;
/** Anything but quotes, backslashes and control characters, which have to be escaped. */
const STRING = /"[ !#-[\]-\uffff]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[ !#-[\]-\uffff]*)*"/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|true\b|false\b|null\b/y;

/** Walks a text once and stops at the first place that is not JSON. */
class Scanner {
  private readonly text: string;
  private at = 0;
  private found: Fault | undefined;

  constructor(text: string) {
    this.text = text;
  }

  fault(): Fault | undefined {
    if (this.value(0)) {
      this.take(BLANK);
      if (this.at < this.text.length) this.expected("the end of the file");
    }
    return this.found;
  }

  private value(depth: number): boolean {
    this.take(BLANK);
    if (depth > DEPTH_MAX) return this.expected(`at most ${DEPTH_MAX} levels`);
    if (this.text[this.at] === "{") return this.members(depth);
    if (this.text[this.at] === "[") return this.items("]", () => this.value(depth + 1));
    return this.take(SCALAR) !== undefined || this.take(STRING) !== undefined || this.expected("a value");
  }

  private members(depth: number): boolean {
    const keys = new Set<string>();
    return this.items("}", () => {
      const start = this.at;
      const key = this.take(STRING);
      if (key === undefined) return this.expected("a key in double quotes");
      if (keys.has(key)) return this.expected(`no second ${key} in one object`, start);
      if (key === '"__proto__"') return this.expected(`another key than ${key}`, start);
      keys.add(key);
      this.take(BLANK);
      if (this.text[this.at] !== ":") return this.expected("a colon");
      this.at++;
      return this.value(depth + 1);
    });
  }

  /** What stands between brackets, separated by commas. */
  private items(close: string, item: () => boolean): boolean {
    this.at++;
    this.take(BLANK);
    if (this.text[this.at] === close) return this.step();
    while (item()) {
      this.take(BLANK);
      if (this.text[this.at] === close) return this.step();
      if (this.text[this.at] !== ",") return this.expected(`a comma or ${close}`);
      this.at++;
      this.take(BLANK);
    }
    return false;
  }

  private step(): true {
    this.at++;
    return true;
  }

  private take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  private expected(what: string, at = this.at): false {
    const got =
      at < this.text.length ? JSON.stringify(this.text.slice(at, at + 12).split("\n")[0]) : "the end of the file";
    this.found = { at, message: `got ${got}, expected ${what}` };
    return false;
  }
}
