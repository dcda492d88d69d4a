import type { MessageView } from '@parley/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ChatClient, createClient } from './chat-client.ts';
import { FakeClock } from './testing/fake-clock.ts';
import type { ModelChannel } from './testing/model-channel.ts';
import { ModelServer, NO_FAULTS } from './testing/model-server.ts';

const RUNS = Number(process.env.PARLEY_SIM_RUNS ?? 150);
const NAMES = ['ann', 'bob', 'cem'] as const;

type Step =
  | { readonly kind: 'send'; readonly who: number; readonly where: number }
  | {
      readonly kind: 'serverSend' | 'edit' | 'delete' | 'rename' | 'kick' | 'invite';
      readonly where: number;
      readonly at: number;
    }
  | { readonly kind: 'kill' | 'down' | 'up' | 'halfOpen' }
  | {
      readonly kind: 'older' | 'jump' | 'latest' | 'watch';
      readonly who: number;
      readonly where: number;
      readonly at: number;
    }
  | { readonly kind: 'wait'; readonly ms: number };

const at = fc.nat(40);
const where = fc.nat(1);
const who = fc.nat(NAMES.length - 1);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof<fc.WeightedArbitrary<Step>[]>(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('send' as const), who, where }) },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constantFrom('serverSend' as const, 'edit' as const, 'delete' as const, 'rename' as const),
        where,
        at,
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('kick' as const, 'invite' as const), where, at }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constantFrom('kill' as const, 'down' as const, 'up' as const, 'halfOpen' as const),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constantFrom('older' as const, 'jump' as const, 'latest' as const, 'watch' as const),
        who,
        where,
        at,
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('wait' as const),
        ms: fc.constantFrom(1, 6, 12, 40, 300, 3_000, 45_000),
      }),
    },
  ),
  { minLength: 5, maxLength: 70 },
);

/** A run of clients against a model server that loses, doubles and delays; then quiet; then everybody must have the same as the server. */
class Run {
  readonly clock: FakeClock;
  readonly server: ModelServer;
  readonly channels: ModelChannel[];
  readonly clients: ChatClient[];
  /** What each client was told of, by channel: each `message` event once, in order. */
  readonly told: Map<string, number[]>[] = [];
  readonly acked: string[] = [];
  readonly refused: string[] = [];
  #sent = 0;

  constructor(seed: number, maxChanges: number) {
    this.clock = new FakeClock(seed);
    this.server = new ModelServer(this.clock);
    this.server.maxChanges = maxChanges;
    this.server.faults = {
      loseEvent: 0.1,
      doubleEvent: 0.1,
      delayEvent: 0.1,
      loseAnswer: 0.03,
      busy: 0.05,
      staleRev: 0.2,
    };
    const users = NAMES.map((name) => this.server.user(name));
    this.channels = ['general', 'random'].map((name) => this.server.channel(name, users));
    this.clients = NAMES.map((name) => this.#client(name));
  }

  #client(name: string): ChatClient {
    const { clock, server } = this;
    const client = createClient({
      url: 'http://model',
      token: name,
      WebSocket: server.WebSocket,
      runtime: clock.runtime,
    });
    const told = new Map<string, number[]>();
    this.told.push(told);
    client.on('message', ({ message }) => {
      told.set(message.channelId, [...(told.get(message.channelId) ?? []), message.seq]);
    });
    client.on('outgoing', ({ message, status }) => {
      if (status === 'sent') this.acked.push(message.body);
      if (status === 'failed') this.refused.push(message.body);
    });
    client.connect().catch(() => {});
    return client;
  }

  async do(step: Step): Promise<void> {
    if (step.kind === 'wait') return this.clock.advance(step.ms);
    if (step.kind === 'kill') return this.server.kill();
    if (step.kind === 'halfOpen') return this.#halfOpen();
    if (step.kind === 'down' || step.kind === 'up') {
      this.server.isDown = step.kind === 'down';
      return;
    }
    const channel = 'where' in step ? this.channels[step.where] : undefined;
    if (channel === undefined || !('where' in step)) return;
    if ('who' in step) this.#byClient(step, channel);
    else this.#byServer(step.kind, channel, step.at);
  }

  #halfOpen(): void {
    for (const socket of this.server.sockets) socket.isHalfOpen = true;
  }

  #byClient(step: Extract<Step, { who: number }>, { id, lastSeq }: ModelChannel): void {
    const channel = this.clients[step.who]?.channel(id);
    if (channel === undefined) return;
    this.#sent += 1;
    if (step.kind === 'send') void channel.send(`${NAMES[step.who]} ${this.#sent}`);
    else if (step.kind === 'watch') channel.messages.subscribe(() => {});
    else if (step.kind === 'older') channel.loadOlder(3).catch(() => {});
    else if (step.kind === 'latest') channel.jumpToLatest().catch(() => {});
    else if (lastSeq > 0) channel.jumpTo({ seq: (step.at % lastSeq) + 1 }).catch(() => {});
  }

  #byServer(kind: string, channel: ModelChannel, pick: number): void {
    const seq = channel.lastSeq === 0 ? 0 : (pick % channel.lastSeq) + 1;
    const user = this.server.user(NAMES[pick % NAMES.length] ?? 'ann');
    if (kind === 'serverSend') channel.send(this.server.user('dan').id, this.server.id(), `dan ${pick}`);
    else if (kind === 'rename') channel.rename(`name ${pick}`);
    else if (kind === 'kick') channel.leave(user.id);
    else if (kind === 'invite') this.server.invite(channel, user);
    else if (seq > 0 && kind === 'edit') channel.edit(seq, `edited ${pick}`);
    else if (seq > 0) channel.delete(seq);
  }

  /** All faults end; everybody is let in again, and given the time to be told. */
  async quiesce(): Promise<void> {
    this.server.heal();
    for (const channel of this.channels) for (const name of NAMES) this.server.invite(channel, this.server.user(name));
    await this.clock.advance(200_000);
  }

  async check(): Promise<void> {
    for (const [index, client] of this.clients.entries()) {
      expect(client.connection.getSnapshot().current).toBe('online');
      for (const truth of this.channels) {
        const channel = client.channel(truth.id);
        expect(channel.info.getSnapshot()).toMatchObject({
          channel: { name: truth.name, lastSeq: truth.lastSeq, memberCount: 3 },
        });
        const shown = channel.messages.getSnapshot();
        if (shown.isLoaded) this.#checkItems(shown.items, truth);
        channel.jumpToLatest().catch(() => {});
        await this.clock.advance(100);
        const { items } = channel.messages.getSnapshot();
        this.#checkItems(items, truth);
        expect(items.filter(({ status }) => status === 'sent').at(-1)?.seq ?? 0).toBe(truth.lastSeq);
        this.#checkTold(this.told[index]?.get(truth.id) ?? []);
      }
    }
    this.#checkSent();
  }

  #checkItems(items: readonly (MessageView & { status: string })[], truth: ModelChannel): void {
    const sent = items.filter(({ status }) => status === 'sent');
    const first = sent[0]?.seq ?? 0;
    for (const [index, item] of sent.entries()) {
      const { status: _status, error: _error, ...message } = item as MessageView & { status: string; error: unknown };
      expect(message.seq).toBe(first + index);
      expect(message).toEqual(truth.messages.get(message.seq));
    }
    expect(items.every(({ status }) => status === 'sent' || status === 'failed')).toBe(true);
    expect(new Set(items.map(({ id }) => id)).size).toBe(items.length);
  }

  /** Each new message was told once, in order; what a reset or an absence skipped is skipped, never told late. */
  #checkTold(seqs: readonly number[]): void {
    for (const [index, seq] of seqs.entries()) expect(seq).toBeGreaterThan(seqs[index - 1] ?? 0);
  }

  #checkSent(): void {
    const stored = this.channels.flatMap((channel) => [...channel.messages.values()]);
    const bySender = (name: string) => stored.filter(({ senderId }) => senderId === this.server.user(name).id);
    expect(this.acked.length).toBe(NAMES.flatMap(bySender).length);
    expect(this.acked.length + this.refused.length).toBeGreaterThanOrEqual(0);
    expect(new Set(this.acked).size).toBe(this.acked.length);
    for (const channel of this.channels) {
      for (const name of NAMES) this.#checkOrder([...channel.messages.values()], name);
    }
  }

  /** What one user sent to one channel is there in the order of sending. */
  #checkOrder(messages: readonly MessageView[], name: string): void {
    const own = messages.filter(
      ({ senderId, body }) => senderId === this.server.user(name).id && body.startsWith(name),
    );
    const numbers = own.map(({ body }) => Number(body.split(' ')[1]));
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  }

  close(): void {
    for (const client of this.clients) client.close();
  }
}

test('sockets killed and answers lost, but nothing else: resuming alone brings everything, in place', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), steps, async (seed, run) => {
      const world = new Run(seed, 1_000);
      world.server.faults = { ...NO_FAULTS, loseAnswer: 0.05 };
      for (const step of run) await world.do(step);
      await world.quiesce();
      await world.check();
      expect(world.server.commands.filter(({ name }) => name === 'sync.changes')).toEqual([]);
      world.close();
    }),
    { numRuns: RUNS },
  );
}, 1_200_000);

test('events lost, doubled and late, sockets killed, answers lost, members thrown out: in the end every client has what the server has', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.constantFrom(3, 1_000), steps, async (seed, maxChanges, run) => {
      const world = new Run(seed, maxChanges);
      for (const step of run) await world.do(step);
      await world.quiesce();
      await world.check();
      world.close();
      await world.clock.advance(10);
      expect(world.clock.timerCount).toBe(0);
    }),
    { numRuns: RUNS },
  );
}, 1_200_000);
