import { addTallies, NOTHING, type Outcome, type Tallies, totalOf } from './outcome.ts';
import type { WorkerPool } from './worker-pool.ts';

/** Failing outcomes that are kept whole; the rest is only counted. */
const MAX_KEPT = 20;

/** All that a campaign has come to so far. Plain data: it is written to a file, and read again to go on. */
export interface Totals extends Tallies {
  readonly first: string;
  /** Every seed below this one has been run. */
  readonly next: string;
  readonly ran: number;
  readonly violations: number;
  readonly failing: readonly Pick<Outcome, 'seed' | 'broken' | 'text'>[];
  /** Milliseconds of this machine's time, over all sittings. */
  readonly elapsedMs: number;
}

/** Campaigns begin so far from each other that no two look at the same seeds. */
const CAMPAIGN_SEEDS = 100_000n;

/** The first seed of a campaign, from six random bytes: never so near to 2^64 that a campaign could get there. */
export function drawStart(bytes: Buffer): bigint {
  return (BigInt(bytes.readUIntBE(0, 6)) >> 1n) * CAMPAIGN_SEEDS;
}

export function emptyTotals(first: bigint): Totals {
  const seed = String(first);
  return { ...NOTHING, first: seed, next: seed, ran: 0, violations: 0, failing: [], elapsedMs: 0 };
}

export function addOutcome(totals: Totals, outcome: Outcome): Totals {
  const { seed, broken, text } = outcome;
  const isGood = broken.length === 0;
  const isKept = !isGood && totals.failing.length < MAX_KEPT;
  return {
    ...totals,
    ...addTallies(totals, outcome),
    ran: totals.ran + 1,
    violations: totals.violations + (isGood ? 0 : 1),
    failing: isKept ? [...totals.failing, { seed, broken, text }] : totals.failing,
  };
}

export interface CampaignOptions {
  readonly pool: WorkerPool;
  readonly workers: number;
  /** Where to begin, or what an earlier sitting came to. */
  readonly from: Totals;
  /** The last seed; null: until `isOver`. */
  readonly last: bigint | null;
  isOver(): boolean;
  /** Called after each run, with everything so far. */
  onOutcome(outcome: Outcome, totals: Totals): void;
}

/** Runs one seed after the other, several at a time. Totals only ever hold the runs below `next`, so a sitting may end anywhere. */
export async function runCampaign(options: CampaignOptions): Promise<Totals> {
  const { pool, workers, from, last } = options;
  const startedAt = performance.now();
  let totals = from;
  let upcoming = BigInt(from.next);
  const waiting = new Map<string, Outcome>();
  const take = (outcome: Outcome): void => {
    waiting.set(outcome.seed, outcome);
    for (let due = waiting.get(totals.next); due !== undefined; due = waiting.get(totals.next)) {
      waiting.delete(due.seed);
      const elapsedMs = Math.round(from.elapsedMs + performance.now() - startedAt);
      totals = { ...addOutcome(totals, due), next: String(BigInt(due.seed) + 1n), elapsedMs };
      options.onOutcome(due, totals);
    }
  };
  const work = async (): Promise<void> => {
    while (!options.isOver() && (last === null || upcoming <= last)) {
      const seed = String(upcoming++);
      take(await pool.run({ seed }));
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return totals;
}

/** One line on how far a campaign has come. */
export function progressLine(totals: Totals): string {
  const seconds = Math.max(0.001, totals.elapsedMs / 1_000);
  const faults = totalOf(totals.faults);
  const hours = (totals.virtualMs / 3_600_000).toFixed(1);
  return (
    `${seconds.toFixed(0)} s: ${totals.ran} runs to seed ${totals.next}, ${hours} h of virtual time, ` +
    `${faults} faults (${(faults / seconds).toFixed(0)}/s), ${totals.violations} violations`
  );
}
