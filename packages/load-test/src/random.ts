const MASK = (1n << 64n) - 1n;

/** One step of splitmix64: spreads any 64-bit seed, however regular, over all bits. */
function splitmix64(state: bigint): { readonly state: bigint; readonly value: bigint } {
  const next = (state + 0x9e3779b97f4a7c15n) & MASK;
  let mixed = next;
  mixed = ((mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
  mixed = ((mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn) & MASK;
  return { state: next, value: mixed ^ (mixed >> 31n) };
}

/** A hash of a name, so that each part of a world draws from a stream of its own. */
function fnv64(text: string): bigint {
  let hash = 0xcbf29ce484222325n;
  for (let index = 0; index < text.length; index++)
    hash = ((hash ^ BigInt(text.charCodeAt(index))) * 0x100000001b3n) & MASK;
  return hash;
}

/**
 * Random numbers that a 64-bit seed repeats: xoshiro128**, whose 128 bits of state are filled by splitmix64, so every seed
 * gives another stream. Drawing works on 32-bit words, because big integers are a hundred times slower.
 */
export class Random {
  readonly seed: bigint;
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(seed: bigint) {
    this.seed = seed & MASK;
    const first = splitmix64(this.seed);
    const second = splitmix64(first.state);
    this.#a = Number(first.value & 0xffffffffn) | 0;
    this.#b = Number(first.value >> 32n) | 0;
    this.#c = Number(second.value & 0xffffffffn) | 0;
    this.#d = Number(second.value >> 32n) | 1;
  }

  /** A stream of its own for one part of the world: what other parts draw does not move it. */
  fork(name: string): Random {
    return new Random(splitmix64(this.seed ^ fnv64(name)).value);
  }

  /** 32 random bits, as a number from 0. */
  word(): number {
    const product = Math.imul(this.#b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  /** From 0 up to, not including, 1; with 53 random bits. */
  float(): number {
    return ((this.word() >>> 5) * 0x4000000 + (this.word() >>> 6)) / 0x20000000000000;
  }

  /** A whole number from 0 to below `below`. */
  below(below: number): number {
    return Math.floor(this.float() * below);
  }

  /** A number from `low` up to `high`. */
  between(low: number, high: number): number {
    return low + this.float() * (high - low);
  }

  chance(share: number): boolean {
    return this.float() < share;
  }

  /** One of the values; there must be one. */
  pick<Value>(values: readonly Value[]): Value {
    const value = values[this.below(values.length)];
    if (value === undefined) throw new Error('there is nothing to pick from');
    return value;
  }

  /** Fills bytes, for ids. */
  readonly fill = (bytes: Uint8Array): void => {
    for (let index = 0; index < bytes.length; index++) bytes[index] = this.word() & 0xff;
  };
}
