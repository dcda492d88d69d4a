import { InvalidArgumentError } from 'commander';

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, min: 60_000, h: 3_600_000 };

/** `20s`, `1.5m`, `500ms`: a time in milliseconds; a bare number is in `unit`. */
export function readTimeMs(text: string, unit: 'ms' | 's'): number {
  const [, number, named] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/.exec(text) ?? [];
  const factor = UNITS_MS[named === '' || named === undefined ? unit : named];
  if (number === undefined || factor === undefined)
    throw new InvalidArgumentError('a time reads like 20s, 500ms or 2m');
  return Number(number) * factor;
}

/** `1%` or `0.01`: a share of one. */
export function readShare(text: string): number {
  const [, number, percent] = /^(\d+(?:\.\d+)?)\s*(%?)$/.exec(text) ?? [];
  const share = Number(number) / (percent === '%' ? 100 : 1);
  if (!(share >= 0 && share <= 1)) throw new InvalidArgumentError('a share reads like 1% or 0.01');
  return share;
}

/** A whole number from `least` up. */
export function readCount(text: string, least: number): number {
  const count = Number(text);
  if (!/^\d{1,9}$/.test(text) || count < least) throw new InvalidArgumentError(`a whole number from ${least} up`);
  return count;
}

const MAX_SEED = 2n ** 64n - 1n;

/** A seed of 64 bits: what is drawn with it is drawn again. */
export function readSeed(text: string): bigint {
  if (!/^\d{1,20}$/.test(text) || BigInt(text) > MAX_SEED) throw new InvalidArgumentError('a whole number of 64 bits');
  return BigInt(text);
}

/** `50`, `0.5`: messages per second. */
export function readRate(text: string): number {
  const rate = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text)) throw new InvalidArgumentError('messages per second, over all users');
  return rate;
}
