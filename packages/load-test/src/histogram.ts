/** Steps within each doubling: a value is told to within 1 in 128, which is under one per cent. */
const STEPS = 128;
const STEP_BITS = 7;
/** 2^31 microseconds are 35 minutes; what takes longer is told as that. */
const MAX_US = 2 ** 31 - 1;
const SIZE = indexOf(MAX_US) + 1;

/** A histogram as it crosses between processes: only the counts that are not zero. */
export interface SparseHistogram {
  readonly indexes: readonly number[];
  readonly counts: readonly number[];
  readonly sumUs: number;
  readonly maxUs: number;
  readonly minUs: number;
}

/** The figures of one histogram, in milliseconds; NaN when it is empty. */
export interface Percentiles {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** Counts times in steps that grow with them, so that any percentile is right to within one per cent; adds up over processes. */
export class Histogram {
  readonly #counts = new Float64Array(SIZE);
  #count = 0;
  #sumUs = 0;
  #maxUs = 0;
  #minUs = Number.POSITIVE_INFINITY;

  get count(): number {
    return this.#count;
  }

  /** Takes one time in milliseconds; what is below zero counts as zero. */
  record(ms: number): void {
    const us = Math.min(MAX_US, Math.max(0, Math.round(ms * 1_000)));
    const index = indexOf(us);
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#count += 1;
    this.#sumUs += us;
    if (us > this.#maxUs) this.#maxUs = us;
    if (us < this.#minUs) this.#minUs = us;
  }

  /** The time in milliseconds that this share (0 to 1) of all took at most. */
  at(share: number): number {
    if (this.#count === 0) return Number.NaN;
    const rank = Math.max(1, Math.ceil(share * this.#count));
    let seen = 0;
    for (let index = 0; index < SIZE; index++) {
      seen += this.#counts[index] ?? 0;
      if (seen >= rank) return Math.max(Math.min(upperUs(index), this.#maxUs), this.#minUs) / 1_000;
    }
    return this.#maxUs / 1_000;
  }

  percentiles(): Percentiles {
    return {
      count: this.#count,
      mean: this.#count === 0 ? Number.NaN : this.#sumUs / this.#count / 1_000,
      p50: this.at(0.5),
      p90: this.at(0.9),
      p99: this.at(0.99),
      p999: this.at(0.999),
      max: this.#count === 0 ? Number.NaN : this.#maxUs / 1_000,
    };
  }

  /** Adds what another process has counted. */
  add(other: SparseHistogram): void {
    other.indexes.forEach((index, place) => {
      const count = other.counts[place] ?? 0;
      this.#counts[index] = (this.#counts[index] ?? 0) + count;
      this.#count += count;
    });
    this.#sumUs += other.sumUs;
    this.#maxUs = Math.max(this.#maxUs, other.maxUs);
    if (other.indexes.length > 0) this.#minUs = Math.min(this.#minUs, other.minUs);
  }

  /** What has been counted so far, and begins anew. */
  take(): SparseHistogram {
    const indexes: number[] = [];
    const counts: number[] = [];
    if (this.#count > 0) {
      for (let index = 0; index < SIZE; index++) {
        const count = this.#counts[index] ?? 0;
        if (count === 0) continue;
        indexes.push(index);
        counts.push(count);
      }
    }
    const taken = { indexes, counts, sumUs: this.#sumUs, maxUs: this.#maxUs, minUs: this.#minUs };
    this.#counts.fill(0);
    this.#count = 0;
    this.#sumUs = 0;
    this.#maxUs = 0;
    this.#minUs = Number.POSITIVE_INFINITY;
    return taken;
  }
}

function indexOf(us: number): number {
  if (us < 2 * STEPS) return us;
  const shift = 31 - Math.clz32(us) - STEP_BITS;
  return shift * STEPS + (us >>> shift);
}

/** The largest time that is counted at an index. */
function upperUs(index: number): number {
  if (index < 2 * STEPS) return index;
  const shift = Math.floor(index / STEPS) - 1;
  return (index - shift * STEPS + 1) * 2 ** shift - 1;
}
