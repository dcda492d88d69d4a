import type { ChannelId, MessageId, RevEvent, UserId } from '@parley/protocol';
import { ChannelChanges } from '../channels/channel-changes.ts';
import { ChannelCreation } from '../channels/channel-creation.ts';
import { ChannelReader } from '../channels/channel-reader.ts';
import { decideSend } from '../channels/decide-send.ts';
import { accessOf } from '../channels/granted.ts';
import { Invitations } from '../channels/invitations.ts';
import { Members } from '../channels/members.ts';
import { demand } from '../channels/permissions.ts';
import type { UserNotice } from '../fanout/bus.ts';
import type { Effect } from '../fanout/committed.ts';
import { Fanout } from '../fanout/fanout.ts';
import { MemoryBus } from '../fanout/memory-bus.ts';
import { AppError } from '../lib/app-error.ts';
import { present } from '../lib/assert.ts';
import { History } from '../messages/history.ts';
import { MentionResolver } from '../messages/mentions.ts';
import { MessageChanges } from '../messages/message-changes.ts';
import { Threads } from '../messages/threads.ts';
import type { SendEntry, SendOutcome } from '../queue/send-entry.ts';
import type { Postgres } from '../storage/postgres.ts';
import { Changes } from '../writer/change.ts';
import { Writer } from '../writer/writer.ts';
import { FakeClock } from './fake-clock.ts';
import { entryOf } from './test-entry.ts';

/** An event as it was published, in the order of publishing. */
export interface PublishedEvent {
  readonly channelId: ChannelId;
  readonly event: RevEvent;
  readonly effect: Effect | undefined;
}

/** The rooms of channels and messages and the writer over one database, with a bus that writes down what it is given. */
export class TestRooms {
  readonly published: PublishedEvent[] = [];
  readonly notices: UserNotice[] = [];
  readonly changes: Changes;
  readonly channelCreation: ChannelCreation;
  readonly channelChanges: ChannelChanges;
  readonly channelReader: ChannelReader;
  readonly members: Members;
  readonly mentions: MentionResolver;
  readonly messageChanges: MessageChanges;
  readonly history: History;
  readonly threads: Threads;
  readonly invitations: Invitations;
  readonly clock = new FakeClock();
  readonly writer: Writer;
  readonly #postgres: Postgres;

  constructor(postgres: Postgres) {
    this.#postgres = postgres;
    const fanout = new Fanout(this.#recordingBus());
    const { db, pool } = postgres;
    this.changes = new Changes(db, fanout);
    this.channelCreation = new ChannelCreation(db, fanout);
    this.channelChanges = new ChannelChanges(this.changes);
    this.channelReader = new ChannelReader(db, fanout);
    this.members = new Members(this.changes);
    this.mentions = new MentionResolver(db);
    this.messageChanges = new MessageChanges(this.changes, this.mentions);
    this.history = new History(db);
    this.threads = new Threads(this.changes);
    this.invitations = new Invitations(db, this.changes, this.clock);
    this.writer = new Writer({ pool, fanout, decideSend, onCommit: () => {}, onParked: () => {} });
  }

  /** Events of one root channel, by rev. */
  eventsOf(channelId: ChannelId): RevEvent[] {
    const own = this.published.filter((one) => one.channelId === channelId).map((one) => one.event);
    return own.sort((a, b) => a.rev - b.rev);
  }

  /** Sends as the command does: access first, then the writer with what was allowed then. */
  async send(userId: UserId, channelId: ChannelId, body: string, more: Partial<SendEntry> = {}): Promise<SendOutcome> {
    const access = await accessOf(this.#postgres.db, userId, channelId);
    const mentions = await this.mentions.resolve(access, body);
    const entry = entryOf(channelId, userId, {
      rootId: access.root.id,
      body,
      mentions: mentions?.userIds ?? null,
      everyone: mentions?.everyone ?? null,
      accessRev: access.root.accessRev,
      ...more,
    });
    demand(access, access.channel.kind === 'thread' ? 'thread.reply' : 'message.send');
    return present((await this.writer.write([entry]))[0], 'outcome');
  }

  /** As `send`, for a message that must go through; gives its id. */
  async say(userId: UserId, channelId: ChannelId, body: string, more: Partial<SendEntry> = {}): Promise<MessageId> {
    const outcome = await this.send(userId, channelId, body, more);
    if (outcome instanceof AppError) throw outcome;
    return outcome.id;
  }

  #recordingBus(): MemoryBus {
    const bus = new MemoryBus();
    bus.publish = (_topic, payload) => {
      if (payload.kind === 'batch') {
        for (const { json, effect } of payload.events) {
          this.published.push({ channelId: payload.channelId, event: JSON.parse(json) as RevEvent, effect });
        }
      } else if (payload.kind === 'joined' || payload.kind === 'frame' || payload.kind === 'cut') {
        this.notices.push(payload);
      }
    };
    return bus;
  }
}

/** The code that a promise is rejected with, or `ok`. */
export async function codeOf(attempt: Promise<unknown>): Promise<string> {
  try {
    const value = await attempt;
    return value instanceof AppError ? value.code : 'ok';
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
}

/** The different codes of attempts that run at once, in order of the alphabet. */
export async function codesOf(attempts: readonly Promise<unknown>[]): Promise<string[]> {
  return [...new Set(await Promise.all(attempts.map(codeOf)))].sort();
}
