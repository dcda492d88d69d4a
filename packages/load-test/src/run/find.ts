import { setTimeout as delay } from 'node:timers/promises';
import { nowMs } from '../clock.ts';
import type { Crew } from './crew.ts';
import type { Objective } from './options.ts';
import type { Show } from './show.ts';

/** What holds when the objective does not say. */
const DEFAULT_P99_MS = 100;
/** A rate is reached when this share of what was due is acknowledged in time. */
const REACHED_SHARE = 0.98;
/** After doubling up to a rate that fails, the gap is halved so many times. */
const HALVINGS = 4;
const MAX_DOUBLINGS = 14;
/** A step that has left work behind gets this long to finish it, so that the next one begins rested. */
const SETTLE_MS = 20_000;
const POLL_MS = 100;

/** One rate that was tried. Milliseconds, messages per second. */
export interface Step {
  readonly rate: number;
  readonly acknowledged: number;
  readonly delivered: number;
  readonly sentP99: number;
  readonly deliveredP50: number;
  readonly deliveredP99: number;
  readonly errorRate: number;
  /** Share of a core of the busiest worker: near 1, the search has found the limit of this program. */
  readonly workerCpu: number;
  readonly held: boolean;
}

export interface Search {
  readonly crew: Crew;
  readonly objective: Objective;
  readonly firstRate: number;
  readonly stepMs: number;
  readonly show: Show;
}

/** Doubles the rate until the objective does not hold any more, then halves the gap. Steps in the order they were tried. */
export async function findRate(search: Search): Promise<Step[]> {
  const steps: Step[] = [];
  let held = 0;
  let failed = Number.POSITIVE_INFINITY;
  const attempt = async (rate: number): Promise<void> => {
    const step = await tryRate(search, rate);
    steps.push(step);
    search.show.note(describe(step));
    if (step.held) held = Math.max(held, rate);
    else failed = Math.min(failed, rate);
  };
  for (let tries = 0, rate = search.firstRate; tries < MAX_DOUBLINGS && rate < failed; tries++, rate *= 2) {
    await attempt(rate);
  }
  for (let tries = 0; tries < HALVINGS && Number.isFinite(failed); tries++) {
    const between = Math.round((held + failed) / 2);
    if (between === held || between === failed) break;
    await attempt(between);
  }
  return steps;
}

async function tryRate({ crew, objective, stepMs, show }: Search, rate: number): Promise<Step> {
  show.progress(`${rate} messages/s`);
  crew.begin();
  await crew.play(rate, stepMs);
  // The last of them are on their way.
  await delay(Math.max(500, 2 * (objective.p99Ms ?? DEFAULT_P99_MS)));
  const { counts, times } = crew.tally;
  const errorRate = counts.refusals / Math.max(1, counts.acknowledged + counts.refusals);
  const deliveredP99 = times.delivered.at(0.99);
  const step = {
    rate,
    acknowledged: counts.acknowledged / (stepMs / 1_000),
    delivered: counts.delivered / (stepMs / 1_000),
    sentP99: times.sent.at(0.99),
    deliveredP50: times.delivered.at(0.5),
    deliveredP99,
    errorRate,
    workerCpu: crew.busiestCpu,
    held:
      counts.acknowledged >= REACHED_SHARE * counts.sent &&
      deliveredP99 <= (objective.p99Ms ?? DEFAULT_P99_MS) &&
      errorRate <= (objective.errorRate ?? 0),
  };
  for (const untilMs = nowMs() + SETTLE_MS; crew.unanswered > 0 && nowMs() < untilMs; ) await delay(POLL_MS);
  return step;
}

function describe({ rate, deliveredP50, deliveredP99, errorRate, held }: Step): string {
  const errors = errorRate === 0 ? '' : `, ${(errorRate * 100).toFixed(1)} % errors`;
  return `${held ? 'holds' : 'fails'} at ${rate} messages/s: p50 ${deliveredP50.toFixed(1)} ms, p99 ${deliveredP99.toFixed(1)} ms${errors}`;
}

/** The highest rate that held. */
export function highest(steps: readonly Step[]): Step | null {
  return steps.reduce<Step | null>((best, step) => (step.held && step.rate > (best?.rate ?? 0) ? step : best), null);
}
