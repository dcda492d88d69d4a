export { type Checker, type CheckerOptions, createChecker } from './checker/checker.ts';
export type { FinalState, Membership, StoredChannel, StoredMember, StoredMessage } from './checker/final-state.ts';
export type { HistoryRecord, Item, Outcome, RecordBody, Stamp } from './checker/history-record.ts';
export { formatVerdict, INVARIANTS, type Invariant, type Verdict, type Violation } from './checker/verdict.ts';
export { ClientLog, digestOf, itemOf } from './history/client-log.ts';
export { Follower, type Step } from './history/follower.ts';
export { Random } from './random.ts';
export { FaultProxy } from './proxy/fault-proxy.ts';
export type { Direction, LinkFaults } from './proxy/link-faults.ts';
