import type { HistoryPage, MessageView } from '@parley/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type LoadTicket, MessageList, type PageKind } from './message-list.ts';

function message(seq: number, rev = seq): MessageView {
  return { seq, rev, id: `m${seq}`, body: `${seq}@${rev}`, kind: 'text', createdAt: 0 } as unknown as MessageView;
}

function page(messages: readonly MessageView[], lastSeq: number): HistoryPage {
  const first = messages[0]?.seq ?? 1;
  const last = messages.at(-1)?.seq ?? lastSeq;
  return { messages: [...messages], lastSeq, hasBefore: first > 1, hasAfter: last < lastSeq };
}

const seqs = (list: MessageList) => list.messages.map(({ seq }) => seq);

test('pages and live events meet without a seam', () => {
  const list = new MessageList();
  const latest = list.beginLoad('latest');
  list.apply(message(6));
  list.apply(message(7));
  list.endLoad(latest, page([message(4), message(5)], 5));
  expect(seqs(list)).toEqual([4, 5, 6, 7]);
  const older = list.beginLoad('older');
  list.apply(message(8));
  list.endLoad(older, page([message(1), message(2), message(3)], 7));
  expect(seqs(list)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(list.hasOlder).toBe(false);
  expect(list.hasNewer).toBe(false);
});

test('a page that was read before an edit does not take it back', () => {
  const list = new MessageList();
  const latest = list.beginLoad('latest');
  list.apply(message(2, 9));
  list.endLoad(latest, page([message(1), message(2)], 2));
  expect(list.at(2)?.rev).toBe(9);
});

test('a jump shows another stretch, and knows that the channel goes on', () => {
  const list = new MessageList();
  list.endLoad(list.beginLoad('latest'), page([message(99), message(100)], 100));
  list.endLoad(list.beginLoad('around'), page([message(10), message(11)], 100));
  expect(seqs(list)).toEqual([10, 11]);
  expect(list.hasNewer).toBe(true);
  list.apply(message(101));
  expect(seqs(list)).toEqual([10, 11]);
});

test('after a reset the old stretch stays in sight until the latest page replaces it', () => {
  const list = new MessageList();
  list.endLoad(list.beginLoad('latest'), page([message(1), message(2)], 2));
  const older = list.beginLoad('older');
  list.reset();
  list.endLoad(older, page([message(1)], 2));
  expect(seqs(list)).toEqual([1, 2]);
  expect(list.isStale).toBe(true);
  list.endLoad(list.beginLoad('latest'), page([message(2, 50), message(3, 51)], 3));
  expect(list.isStale).toBe(false);
  expect(list.messages.map(({ rev }) => rev)).toEqual([50, 51]);
  expect(list.hasOlder).toBe(true);
});

test('an empty channel begins with its first message', () => {
  const list = new MessageList();
  list.endLoad(list.beginLoad('latest'), page([], 0));
  list.apply(message(1));
  expect(seqs(list)).toEqual([1]);
});

test('a list that follows a channel for long lets go of its oldest part', () => {
  const list = new MessageList();
  list.endLoad(list.beginLoad('latest'), page([message(1)], 1));
  list.isWatched = true;
  for (let seq = 2; seq <= 5_100; seq++) list.apply(message(seq));
  expect(list.messages.length).toBeLessThanOrEqual(5_000);
  expect(list.messages.length).toBeGreaterThan(3_000);
  expect(list.highSeq).toBe(5_100);
  expect(list.hasOlder).toBe(true);
  expect(list.at(5_100)?.seq).toBe(5_100);
  list.isWatched = false;
  list.apply(message(5_101));
  expect(list.messages.length).toBe(300);
  expect(list.highSeq).toBe(5_101);
});

test('a list that is leafed through lets go of what is farthest, and comes back to it', () => {
  const list = new MessageList();
  const all = Array.from({ length: 12_000 }, (_, index) => message(index + 1));
  const stretch = (low: number, high: number) => page(all.slice(low - 1, high), all.length);
  list.endLoad(list.beginLoad('latest'), stretch(11_901, 12_000));
  let most = 0;
  while (list.hasOlder) {
    list.letGo('newest');
    list.endLoad(list.beginLoad('older'), stretch(Math.max(1, list.lowSeq - 100), list.lowSeq - 1));
    most = Math.max(most, list.messages.length);
  }
  expect(most).toBeLessThanOrEqual(5_100);
  expect(list.lowSeq).toBe(1);
  expect(list.hasNewer).toBe(true);
  // What is written meanwhile has no place in it.
  list.apply(message(12_001));
  expect(list.highSeq).toBeLessThan(6_000);
  all.push(message(12_001));
  while (list.hasNewer) {
    list.letGo('oldest');
    list.endLoad(list.beginLoad('newer'), stretch(list.highSeq + 1, Math.min(12_001, list.highSeq + 100)));
    most = Math.max(most, list.messages.length);
  }
  expect(most).toBeLessThanOrEqual(5_100);
  expect(list.highSeq).toBe(12_001);
  expect(list.hasOlder).toBe(true);
  expect(seqs(list)).toEqual(list.messages.map((_, index) => list.lowSeq + index));
});

// The server's side of the property: messages by seq, every change with the next rev.
class Truth {
  readonly states: MessageView[] = [];
  rev = 0;

  send(): MessageView {
    this.rev += 1;
    const sent = message(this.states.length + 1, this.rev);
    this.states.push(sent);
    return sent;
  }

  edit(at: number): MessageView | undefined {
    const seq = this.states.length === 0 ? 0 : (at % this.states.length) + 1;
    if (seq === 0) return undefined;
    this.rev += 1;
    const edited = message(seq, this.rev);
    this.states[seq - 1] = edited;
    return edited;
  }

  page(kind: PageKind, list: MessageList, size: number, at: number): HistoryPage {
    const last = this.states.length;
    let low = Math.max(1, last - size + 1);
    let high = last;
    if (kind === 'older') [low, high] = [Math.max(1, list.lowSeq - size), list.lowSeq - 1];
    if (kind === 'newer') [low, high] = [list.highSeq + 1, Math.min(last, list.highSeq + size)];
    if (kind === 'around') {
      low = Math.max(1, (at % Math.max(1, last)) + 1 - Math.floor(size / 2));
      high = Math.min(last, low + size - 1);
    }
    return page(this.states.slice(low - 1, high), last);
  }
}

type Step =
  | { readonly kind: 'send' }
  | { readonly kind: 'edit'; readonly at: number }
  | { readonly kind: 'deliver'; readonly count: number }
  | { readonly kind: 'ask'; readonly page: PageKind; readonly size: number; readonly at: number }
  | { readonly kind: 'answer'; readonly which: number; readonly isLost: boolean };

const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('send' as const) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('edit' as const), at: fc.nat(50) }) },
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('deliver' as const), count: fc.integer({ min: 1, max: 4 }) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('ask' as const),
        page: fc.constantFrom<PageKind>('latest', 'older', 'newer', 'around'),
        size: fc.integer({ min: 1, max: 6 }),
        at: fc.nat(50),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('answer' as const), which: fc.nat(3), isLost: fc.boolean() }),
    },
  ),
  { maxLength: 120 },
);

test('whatever comes between asking for a page and its answer: one unbroken stretch, each message in its latest delivered state', () => {
  fc.assert(
    fc.property(steps, (run: readonly Step[]) => {
      const truth = new Truth();
      const list = new MessageList();
      const events: MessageView[] = [];
      const asked: { readonly ticket: LoadTicket; readonly page: HistoryPage }[] = [];
      const delivered = new Map<number, number>();
      const deliver = (): void => {
        const next = events.shift();
        if (next === undefined) return;
        delivered.set(next.seq, next.rev);
        list.apply(next);
      };
      const answer = (which: number, isLost: boolean): void => {
        const [load] = asked.splice(which % asked.length, 1);
        if (load !== undefined) list.endLoad(load.ticket, isLost ? null : load.page);
      };
      for (const step of run) {
        if (step.kind === 'send') events.push(truth.send());
        if (step.kind === 'edit') events.push(...[truth.edit(step.at)].flatMap((edited) => edited ?? []));
        if (step.kind === 'deliver') for (let index = 0; index < step.count; index++) deliver();
        // The page is read at the moment of asking, the earliest the server may do it.
        if (step.kind === 'ask') {
          asked.push({ page: truth.page(step.page, list, step.size, step.at), ticket: list.beginLoad(step.page) });
        }
        if (step.kind === 'answer' && asked.length > 0) answer(step.which, step.isLost);
        expect(seqs(list)).toEqual(list.messages.map((_, index) => list.lowSeq + index));
        for (const shown of list.messages) expect(shown.rev).toBeGreaterThanOrEqual(delivered.get(shown.seq) ?? 0);
      }
      while (events.length > 0) deliver();
      while (asked.length > 0) answer(0, false);
      for (const shown of list.messages) expect(shown).toEqual(truth.states[shown.seq - 1]);
      if (list.isLoaded && !list.hasNewer && truth.states.length > 0) expect(list.highSeq).toBe(truth.states.length);
    }),
    { numRuns: 2_000 },
  );
});
