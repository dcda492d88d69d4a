import type { FinalState, StoredChannel } from '../src/checker/final-state.ts';
import type { HistoryRecord, Item, RecordBody, RecvRecord } from '../src/checker/history-record.ts';

/** A whole number from 0 to below `below`. */
export type Pick = (below: number) => number;

/** Random picks that a seed repeats (mulberry32). */
export function pickFrom(seed: number): Pick {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

interface Row {
  id: string;
  seq: number;
  rev: number;
  sender: string;
  edits: number;
  mentions: string[];
}

interface Channel {
  readonly id: string;
  readonly root: string;
  readonly rows: Row[];
  /** All that happened in the root and its threads, by rev; only roots have it. */
  readonly events: Omit<RecvRecord, 'type'>[];
  readonly members: Set<string>;
  readonly stays: { user: string; from: number; to: number | null }[];
  readonly cursors: Map<string, { readSeq: number; deliveredSeq: number }>;
}

interface Client {
  readonly proc: string;
  readonly user: string;
  connected: boolean;
  /** The rev that it holds of each root. */
  readonly revs: Map<string, number>;
  readonly starts: Map<string, number>;
}

const EPOCH = 'epoch-1';

/** A chat that works: it makes random things happen to users and writes what each client would log of them. */
export class CleanWorld {
  readonly records: HistoryRecord[] = [];
  readonly #pick: Pick;
  readonly #channels: Channel[] = [];
  readonly #clients: Client[] = [];
  readonly #users: string[] = [];
  /** Sends without an answer, to be tried again some time. */
  readonly #repeats: (() => void)[] = [];
  #tMono = 0;
  #ids = 0;

  constructor(pick: Pick) {
    this.#pick = pick;
    for (let index = 0; index < 2 + pick(3); index++) this.#users.push(`user-${index}`);
    for (let index = 0; index < 1 + pick(2); index++) this.#addChannel(`channel-${index}`, `channel-${index}`);
    this.#addChannel('thread', 'channel-0');
    for (const user of this.#users) {
      for (let device = 0; device < 1 + pick(2); device++) {
        const client = {
          proc: `${user}/${device}`,
          user,
          connected: false,
          revs: new Map<string, number>(),
          starts: new Map<string, number>(),
        };
        this.#clients.push(client);
        this.#connect(client);
      }
    }
  }

  /** Lets `count` things happen. */
  run(count: number): void {
    const things = [
      () => this.#send(),
      () => this.#send(),
      () => this.#send(),
      () => this.#edit(),
      () => this.#repeat(),
      () => this.#removeOrAdd(),
      () => this.#breakOrMend(),
      () => this.#read(),
      () => this.#page(),
      () => this.#write(this.#one(this.#clients), { type: 'fault', op: 'none' }),
    ];
    for (let index = 0; index < count; index++) {
      this.#one(things)();
      for (const client of this.#clients) if (this.#pick(2) === 0) this.#deliver(client, 1 + this.#pick(3));
    }
  }

  /** Lets everybody catch up and tells what is stored. */
  settle(): FinalState {
    for (const repeat of this.#repeats.splice(0)) repeat();
    for (const client of this.#clients) {
      if (!client.connected) this.#connect(client);
      this.#deliver(client, Number.POSITIVE_INFINITY);
      for (const root of this.#roots()) if (root.members.has(client.user)) this.#finalState(client, root);
    }
    return {
      epoch: EPOCH,
      tMono: this.#tMono,
      channels: this.#channels.map((channel) => this.#stored(channel)),
      expected: this.#clients.map((client) => ({
        proc: client.proc,
        channels: this.#roots().flatMap((root) => (root.members.has(client.user) ? [root.id] : [])),
      })),
    };
  }

  #addChannel(id: string, root: string): void {
    const members = new Set(this.#users);
    const stays = this.#users.map((user) => ({ user, from: 0, to: null }));
    const cursors = new Map(this.#users.map((user) => [user, { readSeq: 0, deliveredSeq: 0 }]));
    this.#channels.push({ id, root, rows: [], events: [], members, stays, cursors });
  }

  #roots(): Channel[] {
    return this.#channels.filter((channel) => channel.id === channel.root);
  }

  #rootOf(channel: Channel): Channel {
    return this.#channels.find(({ id }) => id === channel.root) ?? channel;
  }

  #send(): void {
    const channel = this.#one(this.#channels);
    const root = this.#rootOf(channel);
    const client = this.#one(this.#clients);
    const id = `message-${this.#ids++}`;
    const ask = { op: 'message.send', id, channel: channel.id } as const;
    if (channel !== root && root.rows.length === 0) return;
    this.#write(client, { type: 'invoke', ...ask });
    if (!root.members.has(client.user))
      return this.#write(client, { type: 'ack', ...ask, outcome: 'fail', code: 'not_found' });
    if (this.#pick(5) === 0) {
      this.#write(client, { type: 'ack', ...ask, outcome: 'fail', code: 'busy' });
      this.#write(client, { type: 'invoke', ...ask });
    }
    const mentions = this.#pick(3) === 0 ? [this.#one(this.#users)] : [];
    const row = {
      id,
      seq: channel.rows.length + 1,
      rev: root.events.length + 1,
      sender: client.user,
      edits: 0,
      mentions,
    };
    channel.rows.push(row);
    const parent = channel === root ? row.seq - 1 : 1;
    root.events.push({ ...eventOf('new', channel, row), ...(parent > 0 ? { parent } : {}) });
    const sent = { type: 'ack', ...ask, outcome: 'ok', seq: row.seq, rev: row.rev } as const;
    if (this.#pick(4) > 0) return this.#write(client, sent);
    this.#write(client, { type: 'ack', ...ask, outcome: 'info' });
    this.#repeats.push(() => {
      this.#write(client, { type: 'invoke', ...ask });
      // By now it may have changed, and its sender may be out.
      this.#write(client, { ...sent, rev: row.rev });
    });
  }

  /** Somebody tries again what had no answer. */
  #repeat(): void {
    this.#repeats.splice(this.#pick(this.#repeats.length), 1)[0]?.();
  }

  #edit(): void {
    const channel = this.#one(this.#channels);
    if (channel.rows.length === 0) return;
    const row = this.#one(channel.rows);
    row.rev = this.#rootOf(channel).events.length + 1;
    row.edits += 1;
    this.#rootOf(channel).events.push(eventOf('edited', channel, row));
  }

  #removeOrAdd(): void {
    const root = this.#one(this.#roots());
    const user = this.#one(this.#users);
    const rev = root.events.length + 1;
    const change = { op: 'members', channel: root.id, rev } as const;
    const admin = this.#one(this.#clients);
    const stay = root.stays.find((one) => one.user === user && one.to === null);
    if (stay === undefined) {
      root.members.add(user);
      root.stays.push({ user, from: rev, to: null });
      root.events.push({ ...change, joined: [user] });
      for (const client of this.#clients) if (client.user === user && client.connected) this.#reset(client, root);
      return;
    }
    if (root.members.size === 1) return;
    const ask = { op: 'member.kick', id: `kick-${this.#ids++}`, channel: root.id, user } as const;
    this.#write(admin, { type: 'invoke', ...ask });
    // Those who are here hear of it before the answer.
    for (const client of this.#clients) if (client.user === user) this.#deliver(client, Number.POSITIVE_INFINITY);
    root.events.push({ ...change, left: [user] });
    for (const client of this.#clients) {
      if (client.user !== user || !client.connected) continue;
      this.#deliver(client, Number.POSITIVE_INFINITY);
      client.revs.delete(root.id);
      this.#write(client, { type: 'gone', channel: root.id });
    }
    root.members.delete(user);
    stay.to = rev;
    this.#write(admin, { type: 'ack', ...ask, outcome: 'ok' });
  }

  #breakOrMend(): void {
    const client = this.#one(this.#clients);
    if (!client.connected) return this.#connect(client);
    client.connected = false;
    this.#write(client, { type: 'close', code: 1006 });
  }

  #connect(client: Client): void {
    client.connected = true;
    this.#write(client, { type: 'conn', user: client.user, epoch: EPOCH });
    for (const root of this.#roots()) {
      const rev = client.revs.get(root.id);
      if (!root.members.has(client.user)) {
        if (client.revs.delete(root.id)) this.#write(client, { type: 'gone', channel: root.id });
      } else if (rev === undefined) this.#reset(client, root);
      else this.#resume(client, root, rev);
    }
  }

  #reset(client: Client, root: Channel): void {
    client.revs.set(root.id, root.events.length);
    client.starts.set(root.id, root.rows.length);
    this.#write(client, { type: 'reset', channel: root.id, seq: root.rows.length, rev: root.events.length });
  }

  #resume(client: Client, root: Channel, from: number): void {
    const items = this.#channels
      .filter((channel) => channel.root === root.id)
      .flatMap((channel) => channel.rows.filter((row) => row.rev > from).map((row) => itemOf(channel, row)))
      .sort((a, b) => a.rev - b.rev);
    client.revs.set(root.id, root.events.length);
    this.#write(client, { type: 'resume', channel: root.id, from, rev: root.events.length, items });
  }

  #deliver(client: Client, count: number): void {
    if (!client.connected) return;
    for (const root of this.#roots()) {
      for (let left = count; left > 0; left--) {
        const rev = client.revs.get(root.id);
        const event = rev === undefined ? undefined : root.events[rev];
        if (rev === undefined || event === undefined) break;
        client.revs.set(root.id, rev + 1);
        this.#write(client, { type: 'recv', ...event });
      }
    }
  }

  #read(): void {
    const root = this.#one(this.#roots());
    const client = this.#one(this.#clients);
    const cursors = root.cursors.get(client.user);
    if (cursors === undefined || !root.members.has(client.user)) return;
    const seq = Math.max(cursors.readSeq, this.#pick(root.rows.length + 1));
    const moved = { readSeq: seq, deliveredSeq: Math.max(seq, cursors.deliveredSeq) };
    root.cursors.set(client.user, moved);
    const ask = { op: 'receipt.read', id: `read-${this.#ids++}`, channel: root.id, seq } as const;
    this.#write(client, { type: 'invoke', ...ask });
    this.#write(client, { type: 'ack', ...ask, outcome: 'ok' });
    const watcher = this.#one(this.#clients);
    this.#write(watcher, { type: 'read', channel: root.id, user: client.user, ...moved });
  }

  #page(): void {
    const channel = this.#one(this.#channels);
    const client = this.#one(this.#clients);
    if (!this.#rootOf(channel).members.has(client.user)) return;
    const asked = this.#tMono;
    const items = channel.rows.slice(-5).map(({ id, seq, rev }) => ({ id, seq, rev }));
    const page = { channel: channel.id, asked, seq: channel.rows.length, hasAfter: false, items };
    this.#write(client, { type: 'history', ...page });
  }

  #finalState(client: Client, root: Channel): void {
    const { readSeq } = root.cursors.get(client.user) ?? { readSeq: 0 };
    const seq = root.rows.length;
    const unreadRows = root.rows.filter((row) => row.seq > readSeq);
    this.#write(client, {
      type: 'state',
      channel: root.id,
      seq,
      rev: root.events.length,
      readSeq,
      unread: seq - readSeq,
      mentions: unreadRows.filter((row) => row.mentions.includes(client.user)).length,
      items: root.rows.slice(client.starts.get(root.id) ?? 0).map((row) => itemOf(root, row)),
      final: true,
    });
  }

  #stored(channel: Channel): StoredChannel {
    const { id, root, rows, stays, cursors } = channel;
    return {
      id,
      root,
      open: false,
      lastSeq: rows.length,
      lastRev: this.#rootOf(channel).events.length,
      messages: rows.map((row) => ({ ...row, digest: digestOf(row) })),
      members: [...cursors].map(([user, own]) => ({ user, ...own })),
      memberships: stays,
    };
  }

  #write(client: Client, body: RecordBody): void {
    this.#tMono += 1;
    this.records.push({ run: 'clean', seed: '0', proc: client.proc, tMono: this.#tMono, ...body });
  }

  #one<Value>(values: readonly Value[]): Value {
    const value = values[this.#pick(values.length)];
    if (value === undefined) throw new Error('there is nothing to pick from');
    return value;
  }
}

function digestOf(row: Row): string {
  return `${row.id}/${row.edits}`;
}

function itemOf(channel: Channel, row: Row): Item {
  return { channel: channel.id, id: row.id, seq: row.seq, rev: row.rev, digest: digestOf(row) };
}

function eventOf(op: 'new' | 'edited', channel: Channel, row: Row): Omit<RecvRecord, 'type'> {
  const { id, seq, rev } = row;
  return { op, channel: channel.id, root: channel.root, id, seq, rev, digest: digestOf(row) };
}
