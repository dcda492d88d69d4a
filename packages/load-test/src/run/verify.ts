import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createChecker } from '../checker/checker.ts';
import type { StoredChannel } from '../checker/final-state.ts';
import type { Verdict } from '../checker/verdict.ts';
import type { SpooledRecord } from '../worker/spool.ts';

export interface Evidence {
  readonly run: string;
  readonly seed: number;
  /** What each worker wrote down. */
  readonly spools: readonly string[];
  readonly stored: readonly StoredChannel[];
  /** Who must have come to rest in which channels. */
  readonly expected: readonly { readonly proc: string; readonly channels: readonly string[] }[];
}

/** One spool while it is read: the record that is next. */
interface Source {
  readonly lines: AsyncIterator<string>;
  next: SpooledRecord | null;
}

/** Holds what all users saw, in the order of time, against what is stored. */
export async function verify({ run, seed, spools, stored, expected }: Evidence): Promise<Verdict> {
  const checker = createChecker();
  const sources = await Promise.all(spools.map(openSource));
  let epoch = '';
  let tMono = 0;
  for (let first = earliest(sources); first?.next != null; first = earliest(sources)) {
    const record = first.next;
    if (record.type === 'conn') epoch = record.epoch;
    tMono = record.tMono;
    checker.add({ run, seed: `${seed}`, ...record });
    await advance(first);
  }
  return checker.finish({ epoch, tMono, channels: stored, expected });
}

async function openSource(path: string): Promise<Source> {
  const lines = createInterface({ input: createReadStream(path) })[Symbol.asyncIterator]();
  const source = { lines, next: null };
  await advance(source);
  return source;
}

async function advance(source: Source): Promise<void> {
  const { done, value } = await source.lines.next();
  source.next = done === true ? null : (JSON.parse(value) as SpooledRecord);
}

function earliest(sources: readonly Source[]): Source | null {
  let first: Source | null = null;
  for (const source of sources) {
    if (source.next !== null && (first?.next == null || source.next.tMono < first.next.tMono)) first = source;
  }
  return first;
}
