import { Histogram, type Registry } from 'prom-client';

export interface BatchHistogramOptions {
  readonly name: string;
  readonly help: string;
  /** Upper bounds, rising. */
  readonly bounds: readonly number[];
  readonly registry: Registry;
}

/** A histogram without labels that takes values whose place is known already: what is counted per message costs two additions. */
export class BatchHistogram extends Histogram {
  readonly #name: string;
  readonly #help: string;
  readonly #bounds: readonly number[];
  /** One for each bound, and one for all above. */
  readonly #counts: number[];
  #sum = 0;

  constructor({ name, help, bounds, registry }: BatchHistogramOptions) {
    super({ name, help, buckets: [...bounds], registers: [registry] });
    this.#name = name;
    this.#help = help;
    this.#bounds = bounds;
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  /** Counts a value of which it is known that `bounds[index]` is the first bound that is not below it. */
  countAt(index: number, value: number): void {
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#sum += value;
  }

  /** Counts a value so many times. */
  count(value: number, times = 1): void {
    const found = this.#bounds.findIndex((bound) => value <= bound);
    const index = found < 0 ? this.#bounds.length : found;
    this.#counts[index] = (this.#counts[index] ?? 0) + times;
    this.#sum += value * times;
  }

  /** What the registry and `get` read, in place of what `observe` would have counted. */
  getForPromString() {
    let total = 0;
    const values = this.#counts.map((count, index) => {
      total += count;
      return { metricName: `${this.#name}_bucket`, labels: { le: this.#bounds[index] ?? '+Inf' }, value: total };
    });
    const sums = [
      { metricName: `${this.#name}_sum`, labels: {}, value: this.#sum },
      { metricName: `${this.#name}_count`, labels: {}, value: total },
    ];
    return Promise.resolve({
      name: this.#name,
      help: this.#help,
      type: 'histogram',
      aggregator: 'sum',
      values: [...values, ...sums],
    });
  }
}
