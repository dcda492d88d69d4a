import type { FinalState, StoredChannel, StoredMessage } from '../src/checker/final-state.ts';
import type { HistoryRecord, Item, RecordBody, RecvRecord } from '../src/checker/history-record.ts';

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/** Records and rows that a test may damage. */
export interface History {
  records: HistoryRecord[];
  room: Mutable<StoredChannel> & { messages: Mutable<StoredMessage>[] };
  thread: Mutable<StoredChannel> & { messages: Mutable<StoredMessage>[] };
}

const SEND = 'message.send';

const M4: Item = { id: 'm4', seq: 4, rev: 5, digest: 'm4' };
const ITEMS: readonly Item[] = [
  { id: 'm1', seq: 1, rev: 3, digest: 'm1, edited' },
  { id: 'm2', seq: 2, rev: 2, digest: 'm2' },
  { id: 'm3', seq: 3, rev: 4, digest: 'm3' },
  M4,
  { id: 'm5', seq: 5, rev: 7, digest: 'm5' },
];
const SENDERS = ['ann', 'bob', 'cal', 'ann', 'ann'];

/** Writes records one after the other. */
class Script {
  readonly records: HistoryRecord[] = [];
  tMono = 0;

  say(proc: string, body: RecordBody, waitMs = 10): void {
    this.tMono += waitMs;
    this.records.push({ run: 'small', seed: '0', proc, tMono: this.tMono, ...body });
  }

  hear(procs: string[], event: Omit<RecvRecord, 'type'>): void {
    for (const proc of procs) this.say(proc, { type: 'recv', ...event });
  }

  send(proc: string, id: string, seq: number, rev: number, more: { channel?: string } = {}): void {
    const ask = { op: SEND, id, channel: 'room', ...more };
    this.say(proc, { type: 'invoke', ...ask });
    this.say(proc, { type: 'ack', ...ask, outcome: 'ok', seq, rev });
  }
}

function shown(id: string, seq: number, rev: number): Omit<RecvRecord, 'type'> {
  return { op: 'new', channel: 'room', id, seq, rev, digest: id };
}

/** Bob's second try finds his first one stored, Ann edits, Bob loses his line and resumes. */
function talk(script: Script): void {
  for (const user of ['ann', 'bob', 'cal']) {
    script.say(user, { type: 'conn', user, epoch: 'e' });
    script.say(user, { type: 'reset', channel: 'room', seq: 0, rev: 0 });
    script.say('ann', { type: 'presence', user, status: 'online' });
  }
  script.send('ann', 'm1', 1, 1);
  script.hear(['ann', 'bob', 'cal'], shown('m1', 1, 1));
  script.say('bob', { type: 'invoke', op: SEND, id: 'm2', channel: 'room' });
  script.say('bob', { type: 'ack', op: SEND, id: 'm2', channel: 'room', outcome: 'info' });
  script.send('bob', 'm2', 2, 2);
  script.hear(['ann', 'bob', 'cal'], { ...shown('m2', 2, 2), parent: 1 });
  script.hear(['ann', 'bob', 'cal'], { ...shown('m1', 1, 3), op: 'edited', digest: 'm1, edited' });
  script.send('cal', 'm3', 3, 4);
  script.hear(['ann', 'bob', 'cal'], shown('m3', 3, 4));
  script.say('bob', { type: 'close', code: 1006 });
  script.send('ann', 'm4', 4, 5);
  script.hear(['ann', 'cal'], shown('m4', 4, 5));
  script.say('bob', { type: 'conn', user: 'bob', epoch: 'e' });
  script.say('bob', { type: 'resume', channel: 'room', from: 4, rev: 5, items: [M4] });
}

/** Cal is removed, a thread begins, Ann turns a page. */
function part(script: Script): void {
  const kick = { op: 'member.kick', id: 'kick', channel: 'room', user: 'cal' };
  script.say('ann', { type: 'invoke', ...kick });
  script.hear(['ann', 'bob', 'cal'], { op: 'members', channel: 'room', rev: 6, left: ['cal'] });
  script.say('cal', { type: 'gone', channel: 'room' });
  script.say('ann', { type: 'ack', ...kick, outcome: 'ok' });
  script.send('ann', 'm5', 5, 7);
  script.hear(['ann', 'bob'], shown('m5', 5, 7));
  script.say('cal', { type: 'invoke', op: SEND, id: 'm6', channel: 'room' });
  script.say('cal', { type: 'ack', op: SEND, id: 'm6', channel: 'room', outcome: 'fail', code: 'not_found' });
  script.send('bob', 't1', 1, 8, { channel: 'thread' });
  script.hear(['ann', 'bob'], { ...shown('t1', 1, 8), channel: 'thread', root: 'room', parent: 2 });
  const page = { channel: 'room', asked: script.tMono, seq: 5, hasAfter: false, items: ITEMS };
  script.say('ann', { type: 'history', ...page });
}

/** Bob reads and types, Cal goes, and all come to rest. */
function rest(script: Script): void {
  const read = { op: 'receipt.read', id: 'read', channel: 'room', seq: 3 };
  script.say('bob', { type: 'invoke', ...read });
  script.say('bob', { type: 'ack', ...read, outcome: 'ok' });
  script.say('ann', { type: 'read', channel: 'room', user: 'bob', readSeq: 1, deliveredSeq: 4 });
  script.say('ann', { type: 'read', channel: 'room', user: 'bob', readSeq: 3, deliveredSeq: 5 });
  script.say('bob', { type: 'invoke', op: 'typing.set', id: 'typing', channel: 'room' });
  script.say('ann', { type: 'typing', channel: 'room', user: 'bob', on: true });
  script.say('ann', { type: 'typing', channel: 'room', user: 'bob', on: false }, 5_000);
  script.say('cal', { type: 'close', code: 1000 });
  script.say('ann', { type: 'presence', user: 'cal', status: 'offline' }, 1_000);
  const final = { type: 'state', channel: 'room', seq: 5, rev: 8, items: ITEMS, final: true } as const;
  script.say('ann', { ...final, readSeq: 5, unread: 0, mentions: 0 }, 60_000);
  script.say('bob', { ...final, readSeq: 3, unread: 2, mentions: 1 });
}

/** A short afternoon of Ann, Bob and Cal in `room` in which all went well. */
export function smallHistory(): History {
  const script = new Script();
  talk(script);
  part(script);
  rest(script);
  const facts = { root: 'room', open: false, lastRev: 8 };
  const messages = ITEMS.map((item, index) => ({
    ...item,
    sender: SENDERS[index] ?? '',
    ...(item.id === 'm4' ? { mentions: ['bob'] } : {}),
  }));
  const members = [
    { user: 'ann', readSeq: 5, deliveredSeq: 5 },
    { user: 'bob', readSeq: 3, deliveredSeq: 5 },
  ];
  const replies = [{ id: 't1', seq: 1, rev: 8, digest: 't1', sender: 'bob' }];
  return {
    records: script.records,
    room: { ...facts, id: 'room', lastSeq: 5, messages, members },
    thread: { ...facts, id: 'thread', lastSeq: 1, messages: replies, members: [] },
  };
}

/** What is stored at the end of a small history. */
export function finalStateOf({ records, room, thread }: History): FinalState {
  const tMono = records[records.length - 1]?.tMono ?? 0;
  const expected = ['ann', 'bob'].map((proc) => ({ proc, channels: ['room'] }));
  return { epoch: 'e', tMono, channels: [room, thread], expected };
}
