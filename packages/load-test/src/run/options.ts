import type { LoadTest } from '@parley/protocol';
import type { ScenarioName } from '../scenario.ts';

/** What a run must hold, or it fails. */
export interface Objective {
  /** Milliseconds from due to received by others that 99 of 100 may take; null: whatever it is. */
  readonly p99Ms: number | null;
  /** Share of attempts that may be answered with an error, 0 to 1; null: whatever it is. */
  readonly errorRate: number | null;
}

/** A run, with everything decided. */
export interface LoadOptions extends LoadTest {
  readonly scenario: ScenarioName;
  /** Milliseconds over which the users connect. */
  readonly rampMs: number;
  /** Processes that play the users. */
  readonly workers: number;
  readonly messageBytes: number;
  readonly seed: number;
  readonly objective: Objective;
  /** Looks for the highest rate that holds the objective, instead of holding `messageRate`. */
  readonly isFinding: boolean;
}

/** Where a run goes, and who makes its users. */
export interface Target {
  readonly url: string;
  /** Token of an owner or admin. */
  readonly token: string;
  /** What the server takes the JWTs of a host application by; null: users are made as bots. */
  readonly jwtSecret: string | null;
  /** Takes all with it when it is over, so that nothing needs to be tidied up. */
  readonly isOurs: boolean;
  /** The server's process, where it runs on this machine and is known. */
  readonly pid: number | null;
}
