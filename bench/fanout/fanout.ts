import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  atLeast,
  atMost,
  type BenchOptions,
  type BenchResult,
  type Budget,
  createResult,
  median,
  type Row,
} from '../bench.ts';
import { clientKind, type Load, type MeasuredLoad, runLoad } from '../load-client/load-client.ts';
import { nodeCommand } from '../processes.ts';
import {
  NAIVE,
  OUTBOX,
  REFERENCE,
  type Side,
  SOCKET_IO,
  SOCKET_IO_REDIS,
  SOCKET_IO_WEBSOCKET,
  startSides,
  stopSides,
} from './sides.ts';

export const name = 'fanout';
export const description =
  'one channel, 100 and 1,000 subscribers: the outbox path, naive ws, Socket.IO and a C reference';

const SENDERS = 8;
const IN_FLIGHT = 16;
/** A side keeps up when it delivers this share of what is offered in the measured time. */
const KEEPS_UP = 0.98;

/** Where the system does not tell processor time, the clock must do. */
const BUDGET_RATE: Rate = process.platform === 'linux' ? 'by processor' : 'by clock';

/** One load that all sides get in turn. */
interface Case {
  label: string;
  load: Load;
  /** Sides that are left out, because they repeat another. */
  without: string[];
}

type Measured = Map<string, MeasuredLoad>;

function buildCases({ quick, large }: BenchOptions): Case[] {
  const times = quick ? { warmupMs: 300, durationMs: 700 } : { warmupMs: 500, durationMs: 1500 };
  const sizes = large ? [100, 1000, 5000] : [100, 1000];
  const closed = sizes.map((subscribers) => ({
    label: `${subscribers} subscribers, ${IN_FLIGHT} in flight`,
    load: { subscribers, senders: SENDERS, inFlight: IN_FLIGHT, ...times },
    without: [],
  }));
  const open = [100, 400].map((rate) => ({
    label: `1000 subscribers, ${rate} msg/s`,
    load: { subscribers: 1000, senders: SENDERS, rate, ...times },
    without: [SOCKET_IO_WEBSOCKET, SOCKET_IO_REDIS],
  }));
  return [...closed, ...open];
}

/** All sides under one load, one after the other; each round begins with another side. */
async function runRound(
  sides: Side[],
  { label, load, without }: Case,
  round: number,
  log: (line: string) => void,
): Promise<Measured> {
  const measured: Measured = new Map();
  const taking = sides.filter((side) => !without.includes(side.name));
  for (let i = 0; i < taking.length; i++) {
    const side = taking[(i + round) % taking.length];
    if (side === undefined) continue;
    const result = await runLoad(side.server.pid, side.port, side.script, load);
    if (load.rate === undefined && !result.whole)
      throw new Error(`unable to go on; ${side.name} lost messages under ${label}`);
    measured.set(side.name, result);
    log(
      `${label}, ${side.name}: ${Math.round(result.deliveriesPerSecond / 1000)} k/s, p50 ${result.p50Ms.toFixed(1)} ms`,
    );
  }
  return measured;
}

function middle(rounds: Measured[], side: string, figure: keyof Omit<MeasuredLoad, 'whole'>): number {
  return median(rounds.flatMap((round) => round.get(side)?.[figure] ?? []));
}

function buildRow(label: string, load: Load, rounds: Measured[], side: string): Row {
  const delivered = middle(rounds, side, 'deliveriesPerSecond');
  const keptUp = load.rate === undefined ? null : delivered >= KEEPS_UP * load.rate * load.subscribers;
  return {
    load: label,
    side,
    'deliveries/s': Math.round(delivered),
    'kept up': keptUp === null ? '' : keptUp ? 'yes' : 'no',
    'CPU us/delivery': middle(rounds, side, 'usPerDelivery'),
    'server CPU': middle(rounds, side, 'serverCpuShare'),
    'p50 ms': middle(rounds, side, 'p50Ms'),
    'p99 ms': middle(rounds, side, 'p99Ms'),
    'bytes/frame': middle(rounds, side, 'messageBytes'),
    'client CPU': middle(rounds, side, 'cpuShare'),
    "others' CPU": middle(rounds, side, 'othersShare'),
    rounds: rounds.length,
  };
}

/** Deliveries per second of the clock, or per second of the server's processor, which others on the machine disturb less. */
type Rate = 'by clock' | 'by processor';

function rateOf(result: MeasuredLoad | undefined, rate: Rate): number {
  if (result === undefined) return 0;
  return rate === 'by clock' ? result.deliveriesPerSecond : 1e6 / result.usPerDelivery;
}

/** How many times as much our side delivers as the best of the others, within each round; the middle of the rounds. */
function ratioTo(rounds: Measured[], others: string[], rate: Rate): number {
  const ratios = rounds.map((round) => {
    const best = Math.max(...others.map((other) => rateOf(round.get(other), rate)));
    return rateOf(round.get(OUTBOX), rate) / best;
  });
  return median(ratios.filter(Number.isFinite));
}

/** Names of the ratios start with the load and end with the way of counting. */
function buildRatios(cases: [Case, Measured[]][]): Record<string, number> {
  const ratios: Record<string, number> = {};
  for (const [{ label, load }, rounds] of cases) {
    if (load.rate !== undefined) continue;
    for (const rate of ['by clock', 'by processor'] as const) {
      const add = (other: string, sides: string[]): void => {
        const ratio = ratioTo(rounds, sides, rate);
        if (Number.isFinite(ratio)) ratios[`${label}: ${OUTBOX} / ${other}, ${rate}`] = ratio;
      };
      add(NAIVE, [NAIVE]);
      add(SOCKET_IO, [SOCKET_IO, SOCKET_IO_WEBSOCKET]);
      add(SOCKET_IO_REDIS, [SOCKET_IO_REDIS]);
      add(REFERENCE, [REFERENCE]);
    }
  }
  return ratios;
}

function measureOutboxBytes(): number {
  const [program = '', ...args] = nodeCommand(
    fileURLToPath(new URL('outbox-memory.ts', import.meta.url)),
    '--expose-gc',
  );
  return Number(execFileSync(program, args, { encoding: 'utf8' }));
}

function buildBudgets(ratios: Record<string, number>, cases: [Case, Measured[]][], outboxBytes: number): Budget[] {
  const budgets = [atMost('heap of an idle outbox, bytes', outboxBytes, 100)];
  for (const [ratio, value] of Object.entries(ratios)) {
    if (!ratio.startsWith('1000 subscribers') || !ratio.endsWith(BUDGET_RATE)) continue;
    if (ratio.includes(`/ ${SOCKET_IO},`)) budgets.push(atLeast(ratio, value, 20));
    if (ratio.includes(`/ ${REFERENCE},`)) budgets.push(atLeast(ratio, value, 0.6));
  }
  for (const [{ label, load }, rounds] of cases) {
    if (load.rate === undefined) continue;
    const share = middle(rounds, OUTBOX, 'deliveriesPerSecond') / (load.rate * load.subscribers);
    budgets.push(atLeast(`${label}: share delivered in time`, share, KEEPS_UP));
    budgets.push(atMost(`${label}: p50 ms`, middle(rounds, OUTBOX, 'p50Ms'), 5));
  }
  return budgets;
}

/** Runs every load on every side, interleaved, and compares. */
export async function run(options: BenchOptions): Promise<BenchResult> {
  const roundCount = options.quick ? 1 : 3;
  options.log(`fanout: ${clientKind()} load client, ${roundCount} round(s)`);
  const outboxBytes = measureOutboxBytes();
  const sides = await startSides();
  const cases: [Case, Measured[]][] = buildCases(options).map((one) => [one, []]);
  try {
    for (let round = 0; round < roundCount; round++) {
      for (const [one, rounds] of cases) rounds.push(await runRound(sides, one, round, options.log));
    }
  } finally {
    await stopSides(sides);
  }
  const rows = cases.flatMap(([{ label, load, without }, rounds]) =>
    sides.filter((side) => !without.includes(side.name)).map((side) => buildRow(label, load, rounds, side.name)),
  );
  const ratios = buildRatios(cases);
  return createResult(name, { rows, ratios, budgets: buildBudgets(ratios, cases, outboxBytes) });
}
