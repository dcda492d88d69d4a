import type { ChannelId } from '@parley/protocol';
import type { ScenarioName } from '../scenario.ts';
import type { UserPlan } from '../user/virtual-user.ts';
import type { Figures } from './tally.ts';

/** Everything a worker process needs to know of a run. */
export interface WorkerPlan {
  readonly url: string;
  readonly scenario: ScenarioName;
  readonly seed: number;
  readonly users: readonly UserPlan[];
  readonly rooms: readonly ChannelId[];
  readonly messageBytes: number;
  readonly spoolPath: string;
}

/** What a worker is told. Moments are those of `nowMs`, which all processes of the machine share. */
export type ToWorker =
  | { readonly type: 'plan'; readonly plan: WorkerPlan }
  /** All users connect, evenly over a time. */
  | { readonly type: 'connect'; readonly startMs: number; readonly overMs: number }
  /** Messages at a rate of this worker. */
  | {
      readonly type: 'send';
      readonly startMs: number;
      readonly durationMs: number;
      readonly rate: number;
      readonly offset: number;
    }
  | { readonly type: 'cut'; readonly withinMs: number }
  | { readonly type: 'stall'; readonly on: boolean }
  /** Come to rest: answer when everything is acknowledged and all users are at these tops, or when the time is over. */
  | {
      readonly type: 'rest';
      readonly tops: readonly (readonly [ChannelId, number])[];
      readonly untilMs: number;
    }
  | { readonly type: 'end' };

/** How a worker came to rest. */
export interface Rest {
  /** Sends without an answer. */
  readonly unanswered: number;
  /** Users without a session, and users who lack something. */
  readonly away: number;
  readonly behind: number;
}

/** What a worker tells. */
export type FromWorker =
  | { readonly type: 'ready' }
  /** Once a second, and at the end: what came since the last. */
  | {
      readonly type: 'figures';
      readonly atMs: number;
      readonly connected: number;
      readonly unanswered: number;
      readonly figures: Figures;
      /** Share of a core. */
      readonly cpu: number;
    }
  | { readonly type: 'sent' }
  | { readonly type: 'rest'; readonly rest: Rest }
  | { readonly type: 'ended' };
