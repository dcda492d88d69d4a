import type { Outcome } from './campaign.ts';

/** Milliseconds in which half, and nearly all, of the trials recovered. */
export interface Recovery {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
}

/** What a campaign says in the end, as `--json` writes it. */
export interface Report {
  readonly ran: number;
  readonly faults: number;
  readonly violations: number;
  readonly acknowledged: number;
  readonly received: number;
  readonly recoveryMs: Readonly<Record<string, Recovery>>;
  readonly failed: readonly Outcome[];
}

/** Sums a campaign up. Trials with two faults count as `pairs`: which of the two was felt longer nobody can say. */
export function reportOf(outcomes: readonly Outcome[]): Report {
  const times = new Map<string, number[]>();
  for (const { faults, recoveryMs } of outcomes) {
    if (recoveryMs === null) continue;
    for (const name of [faults.length === 1 ? (faults[0] ?? '') : 'pairs', 'all'])
      times.set(name, [...(times.get(name) ?? []), recoveryMs]);
  }
  const sum = (pick: (outcome: Outcome) => number) => outcomes.reduce((total, outcome) => total + pick(outcome), 0);
  return {
    ran: outcomes.length,
    faults: sum(({ faults }) => faults.length),
    violations: sum(({ violations }) => violations),
    acknowledged: sum(({ acknowledged }) => acknowledged),
    received: sum(({ received }) => received),
    recoveryMs: Object.fromEntries(
      [...times].sort(([a], [b]) => a.localeCompare(b)).map(([name, list]) => [name, recoveryOf(list)]),
    ),
    failed: outcomes.filter(({ ok }) => !ok),
  };
}

function recoveryOf(times: readonly number[]): Recovery {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? 0;
  return { count: sorted.length, p50: at(0.5), p99: at(0.99) };
}

/** The report for people. */
export function formatReport(report: Report): string {
  const lines = ['recovery, in milliseconds      trials     p50     p99'];
  for (const [name, { count, p50, p99 }] of Object.entries(report.recoveryMs))
    lines.push(`  ${name.padEnd(28)}${String(count).padStart(7)}${String(p50).padStart(8)}${String(p99).padStart(8)}`);
  const { ran, faults, acknowledged, received, violations } = report;
  lines.push(
    '',
    `${ran} trials, ${faults} faults, ${acknowledged} sends acknowledged, ${received} messages received: ${violations} violations`,
  );
  return lines.join('\n');
}

/** The one line that repeats a trial. */
export function repeatLine({ seed }: Outcome, only: string | undefined): string {
  return `npm run faults -- --count 1 --seed ${seed}${only === undefined ? '' : ` --only ${only}`} --fresh`;
}
