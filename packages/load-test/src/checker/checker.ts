import { Copies } from './copies.ts';
import { CursorRule } from './cursors.ts';
import type { FinalState } from './final-state.ts';
import type { HistoryRecord } from './history-record.ts';
import { Order } from './order.ts';
import { Pages } from './pages.ts';
import { PresenceRule } from './presence.ts';
import { Revocation } from './revocation.ts';
import type { Proc, Rule } from './rule.ts';
import { Sends } from './sends.ts';
import { Truth } from './truth.ts';
import { Findings, type Verdict } from './verdict.ts';

/** Proves from the logs of all processes that nothing was lost, doubled, reordered or leaked. */
export interface Checker {
  /** Takes the next record; those of one process in its order, those of different ones by their time. */
  add(record: HistoryRecord): void;
  /** Holds everything against what is stored in the end. Called once. */
  finish(finalState: FinalState): Verdict;
}

export interface CheckerOptions {
  /** How long after a removal was acknowledged the removed may hear what is older; longer where the links are slow. */
  readonly removalMs?: number;
}

/** A checker for one run. It keeps what it needs of each message and client, never the records. */
export function createChecker({ removalMs = 1_000 }: CheckerOptions = {}): Checker {
  const findings = new Findings();
  const sends = new Sends(findings);
  const copies = new Copies(findings);
  const rules: readonly Rule[] = [
    sends,
    new Order(findings),
    copies,
    new Pages(findings),
    new Revocation(findings, removalMs),
    new CursorRule(findings),
    new PresenceRule(findings),
  ];
  const procs = new Map<string, Proc>();
  let records = 0;
  let faults = 0;
  return {
    add(record) {
      records += 1;
      if (record.type === 'fault') faults += 1;
      const proc = procOf(procs, record.proc);
      for (const rule of rules) rule.add(record, proc);
      follow(proc, record);
    },
    finish(finalState) {
      const truth = new Truth(finalState, findings);
      for (const rule of rules) rule.finish(truth);
      return {
        ok: findings.violations.length === 0,
        violations: findings.violations,
        counts: findings.counts,
        records,
        faults,
        acknowledged: sends.acknowledged,
        received: copies.received,
      };
    },
  };
}

function procOf(procs: Map<string, Proc>, name: string): Proc {
  let proc = procs.get(name);
  if (proc === undefined) {
    proc = { name, user: '', epoch: '', connected: false };
    procs.set(name, proc);
  }
  return proc;
}

/** The rules see a process as it was before the record, and then it moves on. */
function follow(proc: Proc, record: HistoryRecord): void {
  if (record.type === 'conn') {
    proc.user = record.user;
    proc.epoch = record.epoch;
    proc.connected = true;
  } else if (record.type === 'close') proc.connected = false;
}
