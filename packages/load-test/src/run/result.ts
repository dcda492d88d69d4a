import { cpus, release, totalmem } from 'node:os';
import type { StoredChannel } from '../checker/final-state.ts';
import type { Verdict } from '../checker/verdict.ts';
import type { Percentiles } from '../histogram.ts';
import type { Rest } from '../worker/messages.ts';
import type { Counts, Tally } from '../worker/tally.ts';
import { highest, type Step } from './find.ts';
import type { LoadOptions, Target } from './options.ts';
import type { Room } from './rooms.ts';
import type { ServerUse } from './server-watch.ts';
import type { Moment } from './timeline.ts';

/** A worker busier than this, or sending later than this, has measured itself. */
const BUSY_CPU = 0.85;
const LATE_MS = 20;
/** Points of the curve of delivery times. */
const CURVE = [0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9995, 0.9999, 1];

/** One thing that a run must show, and whether it did. */
export interface Check {
  readonly name: string;
  readonly value: string;
  readonly met: boolean;
}

/** All that a run found; what `--json` writes. Times in milliseconds, rates per second. */
export interface LoadResult {
  readonly at: string;
  readonly version: string;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryGb: number;
    readonly kernel: string;
    readonly node: string;
  };
  readonly server: { readonly url: string; readonly isOurs: boolean; readonly use: ServerUse | null };
  readonly options: LoadOptions;
  readonly channels: number;
  readonly counts: Counts;
  readonly errors: Readonly<Record<string, number>>;
  /** Receptions that the stored messages must have led to. */
  readonly expectedDeliveries: number;
  readonly rates: { readonly acknowledged: number; readonly delivered: number };
  readonly times: {
    readonly sent: Percentiles;
    readonly delivered: Percentiles;
    readonly connect: Percentiles;
    readonly resume: Percentiles;
    readonly late: Percentiles;
  };
  readonly curve: readonly { readonly share: number; readonly sent: number; readonly delivered: number }[];
  readonly moments: readonly Moment[];
  readonly steps: readonly Step[];
  readonly best: Step | null;
  readonly workers: { readonly count: number; readonly busiestCpu: number; readonly warnings: readonly string[] };
  readonly watched: number;
  readonly rest: Rest;
  readonly verdict: Verdict;
  readonly checks: readonly Check[];
  readonly ok: boolean;
}

export interface Findings {
  readonly version: string;
  readonly options: LoadOptions;
  readonly target: Target;
  readonly rooms: readonly Room[];
  readonly stored: readonly StoredChannel[];
  readonly connect: Tally;
  readonly load: Tally;
  readonly busiestCpu: number;
  readonly serverUse: ServerUse | null;
  readonly moments: readonly Moment[];
  readonly rest: Rest;
  readonly verdict: Verdict;
  readonly watched: number;
  readonly steps: readonly Step[];
}

/** Puts together what a run found. */
export function summarize(found: Findings): LoadResult {
  const { options, load, connect, verdict, steps } = found;
  const seconds = options.duration / 1_000;
  const times = {
    sent: load.times.sent.percentiles(),
    delivered: load.times.delivered.percentiles(),
    connect: connect.times.connect.percentiles(),
    resume: load.times.resume.percentiles(),
    late: load.times.late.percentiles(),
  };
  const checks = checksOf(found);
  const cores = cpus();
  return {
    at: new Date().toISOString(),
    version: found.version,
    machine: {
      cpu: cores[0]?.model ?? 'unknown',
      cores: cores.length,
      memoryGb: Math.round(totalmem() / 2 ** 30),
      kernel: release(),
      node: process.version,
    },
    server: { url: found.target.url, isOurs: found.target.isOurs, use: found.serverUse },
    options,
    channels: found.rooms.length,
    counts: load.counts,
    errors: { ...connect.errors, ...load.errors },
    expectedDeliveries: expectedDeliveries(found),
    rates: { acknowledged: load.counts.acknowledged / seconds, delivered: load.counts.delivered / seconds },
    times,
    curve: CURVE.map((share) => ({
      share,
      sent: load.times.sent.at(share),
      delivered: load.times.delivered.at(share),
    })),
    moments: found.moments,
    steps,
    best: highest(steps),
    workers: {
      count: options.workers,
      busiestCpu: found.busiestCpu,
      warnings: warningsOf(found.busiestCpu, times.late),
    },
    watched: found.watched,
    rest: found.rest,
    verdict,
    checks,
    ok: checks.every((check) => check.met),
  };
}

function expectedDeliveries({ rooms, stored }: Findings): number {
  const members = new Map(rooms.map((room) => [room.id as string, room.members.length]));
  return stored.reduce(
    (sum, { id, lastSeq, firstSeq = 0 }) => sum + (lastSeq - firstSeq) * Math.max(0, (members.get(id) ?? 1) - 1),
    0,
  );
}

function checksOf({ options, load, rest, verdict, steps }: Findings): Check[] {
  const { p99Ms, errorRate } = options.objective;
  const checks: Check[] = [
    {
      name: 'nothing lost, doubled or out of order',
      value: verdict.ok
        ? 'held'
        : `broken ${Object.values(verdict.counts).reduce((sum, count) => sum + count, 0)} times`,
      met: verdict.ok,
    },
    { name: 'every send was answered', value: `${rest.unanswered} open`, met: rest.unanswered === 0 },
    {
      name: 'everybody is up to date at the end',
      value: `${rest.away + rest.behind} are not`,
      met: rest.away + rest.behind === 0,
    },
  ];
  if (options.isFinding) {
    const best = highest(steps);
    checks.push({ name: 'a rate holds the objective', value: `${best?.rate ?? 0}/s`, met: best !== null });
    return checks;
  }
  if (p99Ms !== null) {
    const p99 = load.times.delivered.count > 0 ? load.times.delivered.at(0.99) : load.times.sent.at(0.99);
    checks.push({ name: `p99 of delivery <= ${p99Ms} ms`, value: `${p99.toFixed(1)} ms`, met: p99 <= p99Ms });
  }
  if (errorRate !== null) {
    const { refusals, acknowledged } = load.counts;
    const share = refusals / Math.max(1, refusals + acknowledged);
    checks.push({
      name: `errors <= ${errorRate * 100} %`,
      value: `${(share * 100).toFixed(2)} %`,
      met: share <= errorRate,
    });
  }
  return checks;
}

function warningsOf(busiestCpu: number, late: Percentiles): string[] {
  const warnings: string[] = [];
  if (busiestCpu > BUSY_CPU)
    warnings.push(`a worker used ${(busiestCpu * 100).toFixed(0)} % of a core: give it --workers, or another machine`);
  if (late.p99 > LATE_MS)
    warnings.push(
      `one send in a hundred left ${late.p99.toFixed(0)} ms late: this machine is busy, and times include that`,
    );
  return warnings;
}
