import { InvariantError } from "./errors.ts";
import { ABSENCES, type Absence, METRICS, type MetricName, type Sample } from "./sample.ts";

type Absences = Sample["absent"];

/** Columns of a row: when it ends, how long it is, why what is absent is, and a value for each metric or NaN. */
const END_MS = 0;
const PERIOD_MS = 1;
const ABSENT = 2;
const FIRST_METRIC = 3;
const COLUMNS = FIRST_METRIC + METRICS.length;
const COLUMN = Object.fromEntries(METRICS.map((metric, i) => [metric, FIRST_METRIC + i])) as Record<MetricName, number>;

/** After so many more samples, up to twice as many, the rows still wanted move to a new block. */
const SPARE_ROWS = 16;

/** Rows one after the other. New ones come behind the last; what is written never changes. */
class Block {
  readonly capacity: number;
  readonly numbers: Float64Array;
  /** Rows written. */
  rows = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.numbers = new Float64Array(capacity * COLUMNS);
  }

  add({ endMs, periodMs, values, absent }: Sample): void {
    const { numbers } = this;
    const at = this.rows * COLUMNS;
    numbers[at + END_MS] = endMs;
    numbers[at + PERIOD_MS] = periodMs;
    numbers[at + ABSENT] = codeOf(absent);
    numbers.fill(Number.NaN, at + FIRST_METRIC, at + COLUMNS);
    for (const each in values) {
      const metric = each as MetricName;
      const value = values[metric];
      if (value === undefined) continue;
      if (Number.isNaN(value)) throw new InvariantError("a sample's value is not a number", { metric, endMs });
      numbers[at + COLUMN[metric]] = value;
    }
    this.rows++;
  }

  /** A new block for so many rows that begins with those from `from` up to `to`. */
  movedOn(from: number, to: number, capacity: number): Block {
    const next = new Block(capacity);
    next.numbers.set(this.numbers.subarray(from * COLUMNS, to * COLUMNS));
    next.rows = to - from;
    return next;
  }
}

/** Of a number below 2^53, for each metric: 0 where it is not absent, else one more than the place of the reason in ABSENCES. */
const BITS = 4;

function codeOf(absent: Absences): number {
  let code = 0;
  for (const each in absent) {
    const metric = each as MetricName;
    const reason = absent[metric];
    if (reason !== undefined) code += (1 + ABSENCES.indexOf(reason)) * 2 ** (BITS * METRICS.indexOf(metric));
  }
  return code;
}

const NONE_ABSENT: Absences = {};

function absencesOf(code: number): Absences {
  if (code === 0) return NONE_ABSENT;
  const absent: { [Metric in MetricName]?: Absence } = {};
  for (let i = 0, left = code; left > 0; i++, left = Math.floor(left / 2 ** BITS)) {
    const reason = left % 2 ** BITS;
    if (reason > 0) absent[METRICS[i] as MetricName] = ABSENCES[reason - 1];
  }
  return absent;
}

/**
 * A sample read where it lies, and its own values: for passes over many components. It is no record: to be read, not to be
 * spread, compared or stored.
 */
export class SampleView implements Sample, Record<MetricName, number | undefined> {
  readonly #numbers: Float64Array;
  readonly #end: number;
  /** Where its row begins. */
  #at: number;

  constructor(numbers: Float64Array, row: number, endRow: number) {
    this.#numbers = numbers;
    this.#at = row * COLUMNS;
    this.#end = endRow * COLUMNS;
  }

  /** Moves to the next sample of the window; false after the last one. */
  next(): boolean {
    this.#at += COLUMNS;
    return this.#at < this.#end;
  }

  get endMs(): number {
    return this.#numbers[this.#at + END_MS] as number;
  }
  get periodMs(): number {
    return this.#numbers[this.#at + PERIOD_MS] as number;
  }
  get absent(): Absences {
    return absencesOf(this.#numbers[this.#at + ABSENT] as number);
  }
  get values(): this {
    return this;
  }

  get cpuUsed(): number | undefined {
    return this.#value(COLUMN.cpuUsed);
  }
  get memoryUsed(): number | undefined {
    return this.#value(COLUMN.memoryUsed);
  }
  get networkUsed(): number | undefined {
    return this.#value(COLUMN.networkUsed);
  }
  get storageUsed(): number | undefined {
    return this.#value(COLUMN.storageUsed);
  }
  get responseTime(): number | undefined {
    return this.#value(COLUMN.responseTime);
  }
  get throughput(): number | undefined {
    return this.#value(COLUMN.throughput);
  }
  get queueLength(): number | undefined {
    return this.#value(COLUMN.queueLength);
  }
  get errorRate(): number | undefined {
    return this.#value(COLUMN.errorRate);
  }

  #value(column: number): number | undefined {
    const value = this.#numbers[this.#at + column] as number;
    return Number.isNaN(value) ? undefined : value;
  }
}

/**
 * The newest samples of a component, ascending by endMs. A value: it never changes, `append` gives another one. The numbers
 * of both lie in one block, the new ones behind the old, where the windows before do not look; so the monitor keeps one
 * small object for each component and minute, whatever a sample holds, and a decision reads numbers that lie side by side.
 */
export class SampleWindow implements Iterable<Sample> {
  static readonly EMPTY = new SampleWindow(new Block(0), 0, 0);

  /** @param samples ascending by endMs. Throws InvariantError for a value that is NaN. */
  static of(samples: readonly Sample[]): SampleWindow {
    return SampleWindow.EMPTY.append(samples, samples.length);
  }

  readonly length: number;
  readonly #block: Block;
  readonly #from: number;

  private constructor(block: Block, from: number, length: number) {
    this.#block = block;
    this.#from = from;
    this.length = length;
  }

  /** End of the newest sample, ms; undefined of an empty window. */
  get endMs(): number | undefined {
    return this.length === 0 ? undefined : this.#block.numbers[(this.#from + this.length - 1) * COLUMNS + END_MS];
  }

  /** The newest `most` of these and of `samples`, which follow them. Throws InvariantError for a value that is NaN. */
  append(samples: readonly Sample[], most: number): SampleWindow {
    const added = samples.length > most ? samples.slice(-most) : samples;
    const kept = Math.min(this.length, most - added.length);
    const length = kept + added.length;
    const end = this.#from + this.length;
    // Not the last of its block: something was appended before, by a pass whose result could not be stored.
    const isLast = this.#block.rows === end;
    const fits = isLast && end + added.length <= this.#block.capacity;
    const block = fits ? this.#block : this.#block.movedOn(end - kept, end, length + SPARE_ROWS + spread(added[0]));
    for (const sample of added) block.add(sample);
    return new SampleWindow(block, fits ? end - kept : 0, length);
  }

  /** Without the samples that ended later. */
  upTo(ms: number): SampleWindow {
    return this.#part(0, this.#endedBy(ms));
  }

  /** Without the samples that ended then or before. */
  after(ms: number): SampleWindow {
    return this.#part(this.#endedBy(ms), this.length);
  }

  /** The newest `most`. */
  last(most: number): SampleWindow {
    return this.#part(Math.max(0, this.length - most), this.length);
  }

  /** How many samples ended by then. */
  #endedBy(ms: number): number {
    let count = this.length;
    while (count > 0 && (this.#block.numbers[(this.#from + count - 1) * COLUMNS + END_MS] as number) > ms) count--;
    return count;
  }

  #part(from: number, to: number): SampleWindow {
    return to - from === this.length ? this : new SampleWindow(this.#block, this.#from + from, to - from);
  }

  /** A copy of one sample; counted from the newest one where `index` is negative. Undefined outside the window. */
  at(index: number): Sample | undefined {
    const view = this.view(index);
    return view === undefined ? undefined : copyOf(view);
  }

  /** The same without a copy. */
  view(index: number): SampleView | undefined {
    const i = index < 0 ? this.length + index : index;
    if (i < 0 || i >= this.length) return undefined;
    return new SampleView(this.#block.numbers, this.#from + i, this.#from + this.length);
  }

  /** A view before the first sample: `next` moves it to each in turn. */
  scan(): SampleView {
    return new SampleView(this.#block.numbers, this.#from - 1, this.#from + this.length);
  }

  /** Copies of all samples. */
  samples(): Sample[] {
    const samples: Sample[] = [];
    for (const view = this.scan(); view.next(); ) samples.push(copyOf(view));
    return samples;
  }

  [Symbol.iterator](): Iterator<Sample> {
    return this.samples()[Symbol.iterator]();
  }

  toJSON(): readonly Sample[] {
    return this.samples();
  }
}

/** 0 to SPARE_ROWS - 1, by what a sample holds, so that the windows of many components do not move on in the same pass. */
function spread(sample: Sample | undefined): number {
  const spare = Math.floor(Math.abs(sample?.values.cpuUsed ?? 0)) % SPARE_ROWS;
  return Number.isNaN(spare) ? 0 : spare;
}

function copyOf(view: SampleView): Sample {
  const values: { [Metric in MetricName]?: number } = {};
  for (const metric of METRICS) {
    const value = view[metric];
    if (value !== undefined) values[metric] = value;
  }
  return { endMs: view.endMs, periodMs: view.periodMs, values, absent: view.absent };
}
