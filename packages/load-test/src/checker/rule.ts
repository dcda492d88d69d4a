import type { HistoryRecord } from './history-record.ts';
import type { Truth } from './truth.ts';

/** What is known of the process that wrote a record. */
export interface Proc {
  readonly name: string;
  /** Empty before the first session. */
  user: string;
  /** The history it believes in; another one voids all its copies. */
  epoch: string;
  connected: boolean;
}

/** One group of invariants: reads all records in order, and in the end the truth. */
export interface Rule {
  add(record: HistoryRecord, proc: Proc): void;
  finish(truth: Truth): void;
}
