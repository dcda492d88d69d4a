import type { FinalState, Membership, StoredChannel } from '@parley/load-test';
import { digestOf } from '@parley/load-test';
import { type MessageRow, messageView } from '../src/messages/message-rows.ts';
import type { DatabaseServer } from './database/database-server.ts';
import { messageColumns, num } from './database/statements/rows.ts';
import { keyOf, type Row } from './database/store.ts';
import { Locks, Transaction, View } from './database/transaction.ts';
import type { Population } from './seeding.ts';
import { EPOCH } from './sim-node.ts';

/** Writes down, from the commits themselves, who was in which channel from which rev to which. */
export class MembershipHistory {
  readonly #stays = new Map<string, { user: string; from: number; to: number | null }[]>();

  /** Takes one committed member row. */
  note(row: Row): void {
    const channel = String(row.channel_id);
    const user = String(row.user_id);
    const stays = this.#stays.get(channel) ?? [];
    this.#stays.set(channel, stays);
    const open = stays.find((stay) => stay.user === user && stay.to === null);
    if (row.left_at === null && open === undefined) stays.push({ user, from: num(row.rev), to: null });
    else if (row.left_at !== null && open !== undefined) open.to = num(row.rev);
  }

  of(channel: string): readonly Membership[] {
    return this.#stays.get(channel) ?? [];
  }
}

/** Reads the whole database as it is now, without any fault in between. */
export function readTruth(
  database: DatabaseServer,
  population: Population,
  memberships: MembershipHistory,
  nowMs: number,
): FinalState {
  const { store } = database;
  const view = new View(new Transaction(store, new Locks(), false), store.stamp, database.nowMs);
  const channels = population.channels.flatMap((root) => view.scan('channels', keyOf('root', root)));
  return { epoch: EPOCH, tMono: nowMs, channels: channels.map((row) => storedChannel(view, row, memberships)) };
}

function storedChannel(view: View, row: Row, memberships: MembershipHistory): StoredChannel {
  const id = String(row.id);
  const isRoot = row.root_id === row.id;
  return {
    id,
    root: String(row.root_id),
    open: row.kind === 'public',
    lastSeq: num(row.last_seq),
    lastRev: num(isRoot ? row.last_rev : view.get('channels', String(row.root_id))?.last_rev),
    messages: view.scan('messages', keyOf('channel', id)).map((message) => ({
      id: String(message.id),
      seq: num(message.seq),
      rev: num(message.rev),
      sender: String(message.sender_id),
      digest: digestOf(messageView(messageColumns(view, message) as unknown as MessageRow)),
      ...(message.mentions === null ? {} : { mentions: message.mentions as string[] }),
    })),
    members: [],
    memberships: memberships.of(id),
  };
}
