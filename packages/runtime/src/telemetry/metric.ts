/** One line of a family, for one set of label values: a plain number, so that counting costs an addition. */
export interface Cell {
  value: number;
}

/** What a family says of itself. */
interface Described {
  /** In Prometheus' manner: `runctl_steps_total`, `runctl_commit_seconds`. */
  name: string;
  /** For who reads the page. */
  help: string;
  /** Names of labels. Values are ours, never a tenant's text: they would be seen, and there would be too many. */
  labels?: readonly string[];
}

/** Something that the page of metrics has lines for. */
export interface Metric {
  /** Its lines, without the last line's end. */
  lines(): string[] | Promise<string[]>;
}

/** So many label sets a family has at most; what comes later is counted together. */
const mostCells = 2_000;
const separator = '\u0000';

/** Cells by label values, made when they are first met. */
class Cells<Value> {
  readonly #known = new Map<string, Value>();
  readonly #make: () => Value;

  constructor(make: () => Value) {
    this.#make = make;
  }

  at(values: readonly string[]): Value {
    const key = values.length === 1 ? (values[0] ?? '') : values.join(separator);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size >= mostCells && key !== overflow(values)) return this.at(values.map(() => 'other'));
    const made = this.#make();
    this.#known.set(key, made);
    return made;
  }

  *entries(): Iterable<[values: string[], value: Value]> {
    for (const [key, value] of this.#known) yield [key.split(separator), value];
  }
}

function overflow(values: readonly string[]): string {
  return values.map(() => 'other').join(separator);
}

/** A number that only rises. */
export class Counter implements Metric {
  readonly #described: Described;
  readonly #cells = new Cells<Cell>(() => ({ value: 0 }));

  constructor(described: Described) {
    this.#described = described;
    // What has no labels is 0 from the start, so that a rate is known before the first event.
    if (described.labels === undefined) this.at();
  }

  /** The cell of some label values, in the order of the labels. Who counts often keeps it. */
  at(...values: string[]): Cell {
    return this.#cells.at(values);
  }

  add(amount: number, ...values: string[]): void {
    this.#cells.at(values).value += amount;
  }

  lines(): string[] {
    const lines = heading(this.#described, 'counter');
    for (const [values, { value }] of this.#cells.entries()) lines.push(line(this.#described, values, value));
    return lines;
  }
}

/** What a gauge shows for some label values. */
export type Reading = readonly [values: readonly string[], value: number];

/** A number that is read when the page is. */
export class Gauge implements Metric {
  readonly #described: Described;
  readonly #read: () => readonly Reading[] | Promise<readonly Reading[]>;
  readonly #kind: 'gauge' | 'counter';

  /** `kind`: `counter` where what is read only rises. */
  constructor(
    described: Described,
    read: () => readonly Reading[] | Promise<readonly Reading[]>,
    kind: 'gauge' | 'counter' = 'gauge',
  ) {
    this.#described = described;
    this.#read = read;
    this.#kind = kind;
  }

  async lines(): Promise<string[]> {
    const readings = await this.#read();
    const lines = readings.map(([values, value]) => line(this.#described, values, value));
    return [...heading(this.#described, this.#kind), ...lines];
  }
}

/** Counts of one histogram. */
class Buckets {
  readonly counts: number[];
  sum = 0;
  readonly #bounds: readonly number[];

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.counts = new Array(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    let at = 0;
    while (at < this.#bounds.length && value > (this.#bounds[at] ?? 0)) at += 1;
    this.counts[at] = (this.counts[at] ?? 0) + 1;
    this.sum += value;
  }
}

/** How values are spread. */
export class Histogram implements Metric {
  readonly #described: Described & { bounds: readonly number[] };
  readonly #cells: Cells<Buckets>;

  /** `bounds`: upper ends of the buckets, rising. */
  constructor(described: Described & { bounds: readonly number[] }) {
    this.#described = described;
    this.#cells = new Cells(() => new Buckets(described.bounds));
    if (described.labels === undefined) this.#cells.at([]);
  }

  observe(value: number, ...values: string[]): void {
    this.#cells.at(values).observe(value);
  }

  lines(): string[] {
    const { bounds, name, help, labels = [] } = this.#described;
    const bucket = { name: `${name}_bucket`, help, labels: [...labels, 'le'] };
    const lines = heading(this.#described, 'histogram');
    for (const [values, { counts, sum }] of this.#cells.entries()) {
      let total = 0;
      for (const [at, count] of counts.entries()) {
        total += count;
        lines.push(line(bucket, [...values.slice(0, labels.length), String(bounds[at] ?? '+Inf')], total));
      }
      lines.push(line({ ...this.#described, name: `${name}_sum` }, values, sum));
      lines.push(line({ ...this.#described, name: `${name}_count` }, values, total));
    }
    return lines;
  }
}

function heading({ name, help }: Described, kind: string): string[] {
  return [`# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`, `# TYPE ${name} ${kind}`];
}

function line({ name, labels = [] }: Described, values: readonly string[], value: number): string {
  const pairs = labels.map((label, at) => `${label}="${escaped(values[at] ?? '')}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

/** The page as Prometheus reads it. */
export async function metricsText(metrics: readonly Metric[]): Promise<string> {
  const families = await Promise.all(metrics.map((metric) => metric.lines()));
  return `${families.flat().join('\n')}\n`;
}

/** The type of the page. */
export const metricsContentType = 'text/plain; version=0.0.4; charset=utf-8';
