import { expect, test } from 'vitest';
import { finalStateOf, type History, smallHistory } from '../../test/small-history.ts';
import { createChecker } from './checker.ts';
import type { HistoryRecord, RecordBody } from './history-record.ts';
import { formatVerdict, INVARIANTS, type Invariant, type Verdict } from './verdict.ts';

type Fields = Partial<Record<string, unknown>>;

function judge(history: History): Verdict {
  const checker = createChecker();
  for (const record of history.records) checker.add(record);
  return checker.finish(finalStateOf(history));
}

/** The place of the record with these fields; the `nth` of them when there are several. */
function indexOf(history: History, fields: Fields, nth = 0): number {
  const found = [...history.records.entries()].filter(([, record]) =>
    Object.entries(fields).every(([key, value]) => (record as unknown as Fields)[key] === value),
  );
  const entry = found[nth];
  if (entry === undefined) throw new Error(`no record is like ${JSON.stringify(fields)}`);
  return entry[0];
}

const remove = (history: History, fields: Fields, nth = 0) => history.records.splice(indexOf(history, fields, nth), 1);

function change(history: History, fields: Fields, changes: Fields, nth = 0): void {
  const index = indexOf(history, fields, nth);
  history.records[index] = { ...history.records[index], ...changes } as HistoryRecord;
}

/** Adds a record of `proc` behind the one with these fields. */
function insert(history: History, fields: Fields, proc: string, body: RecordBody, waitMs = 1): void {
  const index = indexOf(history, fields);
  const tMono = (history.records[index]?.tMono ?? 0) + waitMs;
  history.records.splice(index + 1, 0, { run: 'small', seed: '0', proc, tMono, ...body });
}

function swap(history: History, one: Fields, other: Fields): void {
  const [a, b] = [indexOf(history, one), indexOf(history, other)];
  const [first, second] = [history.records[a], history.records[b]];
  if (first === undefined || second === undefined) throw new Error('nothing to swap');
  history.records[a] = second;
  history.records[b] = first;
}

const row = (history: History, id: string) => {
  const found = history.room.messages.find((message) => message.id === id);
  if (found === undefined) throw new Error(`no row ${id}`);
  return found;
};

const heard = (proc: string, rev: number) => ({ type: 'recv', proc, rev });
const finalOf = (proc: string) => ({ type: 'state', proc });
const PAGE = { type: 'history' };

const M3 = { op: 'message.send', id: 'm3', channel: 'room' } as const;

/** The sender tries once more, and is told where the message is. */
function repeatM3(history: History, after: Fields): void {
  insert(history, after, 'cal', { type: 'ack', ...M3, outcome: 'ok', seq: 3, rev: 4 }, 3);
  insert(history, after, 'cal', { type: 'invoke', ...M3 }, 2);
}

/** What can go wrong, and the invariant that must name it. */
const DAMAGES: readonly [name: string, invariant: Invariant, damage: (history: History) => void][] = [
  [
    'an acknowledged message is not stored',
    'I1',
    (history) => {
      history.room.messages = history.room.messages.filter(({ id }) => id !== 'm5');
      history.room.lastSeq = 4;
    },
  ],
  [
    'an acknowledged message is stored in another place',
    'I1',
    (history) => Object.assign(row(history, 'm3'), { seq: 6 }),
  ],
  [
    'an acknowledged message is stored as somebody else’s',
    'I1',
    (history) => Object.assign(row(history, 'm3'), { sender: 'bob' }),
  ],
  ['a client never gets the last message', 'I1', (history) => change(history, finalOf('bob'), { seq: 4, unread: 1 })],
  [
    'a new message is told as a change',
    'I1',
    (history) => change(history, { type: 'resume' }, { items: [{ id: 'm4', seq: 4, rev: 5, isNew: false }] }),
  ],
  [
    'a known message is told as new by a repair',
    'I2',
    (history) => {
      const items = [
        { id: 'm3', seq: 3, rev: 4, isNew: true },
        { id: 'm4', seq: 4, rev: 5, isNew: true },
      ];
      change(history, { type: 'resume' }, { from: 3, items });
    },
  ],
  [
    'a message is stored twice',
    'I2',
    (history) => {
      history.room.messages.push({ ...row(history, 'm2'), seq: 6, rev: 8 });
      history.room.lastSeq = 6;
    },
  ],
  [
    'a live message comes twice',
    'I2',
    (history) =>
      insert(history, heard('bob', 7), 'bob', { type: 'recv', op: 'new', channel: 'room', id: 'm5', seq: 5, rev: 7 }),
  ],
  [
    'the screen shows a message twice',
    'I2',
    (history) =>
      change(history, finalOf('ann'), {
        items: [
          { id: 'm5', seq: 5, rev: 7 },
          { id: 'm5', seq: 5, rev: 7 },
        ],
      }),
  ],
  [
    'one message is told at two places',
    'I2',
    (history) => change(history, PAGE, { items: [{ id: 'm2', seq: 9, rev: 2 }] }),
  ],
  ['two messages have one seq', 'I3', (history) => change(history, heard('cal', 4), { id: 'other' })],
  ['two changes have one rev', 'I3', (history) => change(history, { ...heard('bob', 6) }, { op: 'channel' })],
  ['two live events come in the wrong order', 'I3', (history) => swap(history, heard('bob', 2), heard('bob', 3))],
  ['the stored order has a hole', 'I3', (history) => history.room.messages.splice(1, 1)],
  [
    'the stored order has two rows in one place',
    'I3',
    (history) => history.room.messages.push({ ...row(history, 'm2'), id: 'm2b' }),
  ],
  ['a live message is left out', 'I4', (history) => remove(history, heard('bob', 4))],
  [
    'a resume does not begin where the client stands',
    'I4',
    (history) => change(history, { type: 'resume' }, { from: 5, rev: 6, items: [] }),
  ],
  ['a resume leaves out a message', 'I4', (history) => change(history, { type: 'resume' }, { items: [] })],
  [
    'a page has a hole',
    'I4',
    (history) =>
      change(history, PAGE, {
        items: [
          { id: 'm3', seq: 3, rev: 4 },
          { id: 'm5', seq: 5, rev: 7 },
        ],
      }),
  ],
  [
    'the last page does not reach the end',
    'I4',
    (history) => change(history, PAGE, { items: [{ id: 'm3', seq: 3, rev: 4 }] }),
  ],
  [
    'the screen has a hole',
    'I4',
    (history) =>
      change(history, finalOf('ann'), {
        items: [
          { id: 'm3', seq: 3, rev: 4 },
          { id: 'm5', seq: 5, rev: 7 },
        ],
      }),
  ],
  [
    'something is applied before the client knows the channel',
    'I4',
    (history) => remove(history, { type: 'reset', proc: 'bob' }),
  ],
  [
    'a repeat is answered differently',
    'I5',
    (history) => change(history, { type: 'ack', id: 'm2', outcome: 'info' }, { outcome: 'ok', seq: 3, rev: 3 }),
  ],
  [
    'a refused message is stored',
    'I6',
    (history) => {
      history.room.messages.push({ id: 'm6', seq: 6, rev: 8, sender: 'cal' });
      history.room.lastSeq = 6;
    },
  ],
  [
    'a stored message was asked for by nobody',
    'I6',
    (history) => {
      history.room.messages.push({ id: 'phantom', seq: 6, rev: 8, sender: 'cal' });
      history.room.lastSeq = 6;
    },
  ],
  [
    'a refused message is shown',
    'I6',
    (history) =>
      insert(history, heard('bob', 8), 'bob', { type: 'recv', op: 'new', channel: 'room', id: 'm6', seq: 6, rev: 9 }),
  ],
  [
    'a message was shown before its sender was told that it is not stored',
    'I6',
    (history) => {
      remove(history, { type: 'ack', id: 'm3' });
      insert(history, heard('cal', 4), 'cal', { type: 'ack', ...M3, outcome: 'fail', code: 'expired' });
      repeatM3(history, { type: 'ack', id: 'm3' });
    },
  ],
  [
    'a message is shown after its sender was told that it is not stored',
    'I6',
    (history) => {
      change(history, { type: 'ack', id: 'm3' }, { outcome: 'fail', code: 'expired' });
      repeatM3(history, heard('cal', 4));
    },
  ],
  [
    'a message that was shown has vanished',
    'I6',
    (history) => {
      history.thread.messages = [];
      history.thread.lastSeq = 0;
    },
  ],
  ['the sender does not find the message', 'I7', (history) => change(history, PAGE, { seq: 4, items: [] })],
  [
    'a later page ends earlier',
    'I8',
    (history) =>
      insert(
        history,
        PAGE,
        'bob',
        { type: 'history', channel: 'room', asked: 9_999, seq: 3, hasAfter: false, items: [] },
        9_999,
      ),
  ],
  [
    'a later page shows an older state',
    'I8',
    (history) =>
      insert(
        history,
        PAGE,
        'ann',
        {
          type: 'history',
          channel: 'room',
          asked: 9_999,
          seq: 5,
          hasAfter: true,
          items: [{ id: 'm1', seq: 1, rev: 1 }],
        },
        9_999,
      ),
  ],
  ['a change comes before its message', 'I9', (history) => change(history, heard('bob', 3), { seq: 3, id: 'm3' })],
  ['a reply in a thread comes before its parent', 'I9', (history) => change(history, heard('bob', 8), { parent: 6 })],
  ['a reply stands before what it answers', 'I9', (history) => change(history, heard('bob', 2), { parent: 3 })],
  [
    'a resume leaves out an edit',
    'I10',
    (history) => {
      change(history, { type: 'resume' }, { from: 2 });
      remove(history, heard('bob', 3));
      remove(history, heard('bob', 4));
      const items = [
        { id: 'm3', seq: 3, rev: 4 },
        { id: 'm4', seq: 4, rev: 5 },
      ];
      change(history, { type: 'resume' }, { items });
    },
  ],
  [
    'two clients hold different contents',
    'I10',
    (history) => change(history, heard('bob', 3), { digest: 'm1, mangled' }),
  ],
  ['a client ends at an older rev', 'I10', (history) => change(history, finalOf('bob'), { rev: 7 })],
  ['a client never comes to rest', 'I10', (history) => remove(history, finalOf('bob'))],
  [
    'one who was removed hears on',
    'I11',
    (history) => {
      remove(history, { type: 'gone' });
      insert(history, heard('ann', 7), 'cal', { type: 'recv', op: 'new', channel: 'room', id: 'm5', seq: 5, rev: 7 });
    },
  ],
  [
    'one who was removed is still given events',
    'I11',
    (history) => insert(history, heard('ann', 7), 'cal', { type: 'heard', channel: 'room', rev: 7 }),
  ],
  [
    'one who was removed is let in by a resume',
    'I11',
    (history) => insert(history, heard('ann', 8), 'cal', { type: 'reset', channel: 'room', seq: 5, rev: 8 }),
  ],
  [
    'one who was removed hears old things late',
    'I11',
    (history) => {
      const [late] = remove(history, heard('cal', 6));
      remove(history, { type: 'gone' });
      insert(history, { type: 'close', proc: 'cal' }, 'cal', { ...(late as HistoryRecord) }, 2_000);
      change(history, { ...heard('cal', 6) }, { tMono: 9_000 });
    },
  ],
  [
    'one who was removed writes on',
    'I11',
    (history) => {
      history.room.messages.push({ id: 'm7', seq: 6, rev: 9, sender: 'cal' });
      Object.assign(history.room, { lastSeq: 6, lastRev: 9 });
      const asked = { op: 'message.send', id: 'm7', channel: 'room' } as const;
      insert(history, { type: 'close', proc: 'cal' }, 'cal', { type: 'invoke', ...asked }, 5_000);
      insert(history, { type: 'invoke', id: 'm7' }, 'cal', { type: 'ack', ...asked, outcome: 'ok', seq: 6, rev: 9 }, 1);
      insert(history, heard('ann', 8), 'ann', { type: 'recv', op: 'new', channel: 'room', id: 'm7', seq: 6, rev: 9 });
    },
  ],
  ['unread is not the difference', 'I12', (history) => change(history, finalOf('bob'), { unread: 3 })],
  ['mentions are miscounted', 'I12', (history) => change(history, finalOf('bob'), { mentions: 0 })],
  ['a cursor goes back', 'I12', (history) => change(history, { type: 'read', readSeq: 1 }, { readSeq: 4 })],
  [
    'somebody has read what was not delivered',
    'I12',
    (history) => change(history, { type: 'read', readSeq: 1 }, { readSeq: 5 }),
  ],
  [
    'a report of reading is lost',
    'I12',
    (history) => Object.assign(history.room, { members: [{ user: 'bob', readSeq: 2, deliveredSeq: 5 }] }),
  ],
  ['one who is gone stays online', 'I13', (history) => remove(history, { type: 'presence', status: 'offline' })],
  [
    'one who is here is shown offline',
    'I13',
    (history) => insert(history, heard('bob', 8), 'ann', { type: 'presence', user: 'bob', status: 'offline' }),
  ],
  ['a ghost types', 'I13', (history) => remove(history, { type: 'typing', on: false })],
  ['a send never ends', 'I16', (history) => remove(history, { type: 'ack', id: 'm6' })],
];

test('finds nothing in the small history', () => {
  expect(formatVerdict(judge(smallHistory()))).toMatch(/^nothing is lost/);
});

test.each(DAMAGES)('reports that %s, as %s', (_name, invariant, damage) => {
  const history = smallHistory();
  damage(history);
  const verdict = judge(history);
  expect(Object.keys(verdict.counts), formatVerdict(verdict)).toContain(invariant);
  expect(verdict.ok).toBe(false);
});

test('has a damaged history for every invariant', () => {
  expect(new Set(DAMAGES.map(([, invariant]) => invariant))).toEqual(new Set(Object.keys(INVARIANTS)));
});
