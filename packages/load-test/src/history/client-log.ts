import type { ChatClient } from '@parley/client';
import type { ChannelId, DownFrame, HistoryPage, MessageView, RevEvent, Sent } from '@parley/protocol';
import type { HistoryRecord, Item, RecordBody } from '../checker/history-record.ts';
import { Follower, type Step } from './follower.ts';

/** Names the content of a message as clients show it. */
export function digestOf(message: MessageView): string {
  const { body, editedAt, deletedAt, replyTo, threadId, pinnedAt, mentions, reactions } = message;
  return JSON.stringify([body, editedAt, deletedAt, replyTo, threadId, pinnedAt, mentions, reactions]);
}

export function itemOf(message: MessageView): Item {
  const { channelId, id, seq, rev } = message;
  return { channel: channelId, id, seq, rev, digest: digestOf(message) };
}

/** A command that waits for its answer. */
interface Asked {
  readonly op: string;
  readonly id: string;
  readonly channel: string | undefined;
  readonly user: string | undefined;
  readonly atMs: number;
}

/** Commands whose outcome matters to what the checker proves. */
const LOGGED = new Set(['message.send', 'member.kick', 'member.ban', 'channel.leave']);

type Told = { readonly isNew: boolean; readonly change: string; readonly message: MessageView };

/**
 * The log of one client: what it asked and was answered, as the wire shows it, and what the SDK told the application,
 * together with the rev at which the frames say that it must stand.
 */
export class ClientLog {
  readonly #write: (record: HistoryRecord) => void;
  readonly #stamp: () => { run: string; seed: string; proc: string; tMono: number };
  readonly #follower = new Follower();
  readonly #asked = new Map<number, Asked>();
  #steps: Step[] = [];
  /** What the SDK told since the last flush, by root channel. */
  #told = new Map<string, Told[]>();
  #isConnected = false;
  #requests = 0;

  constructor(
    write: (record: HistoryRecord) => void,
    stamp: () => { run: string; seed: string; proc: string; tMono: number },
  ) {
    this.#write = write;
    this.#stamp = stamp;
  }

  /** Listens to what the SDK tells. */
  follow(client: ChatClient): void {
    client.on('message', ({ message, rootId }) => this.#tell(rootId, { isNew: true, change: 'new', message }));
    client.on('messageChanged', ({ message, rootId, change }) =>
      this.#tell(rootId, { isNew: false, change: change === 'unknown' ? 'edited' : change, message }),
    );
  }

  revOf(channel: ChannelId): number | undefined {
    return this.#follower.revOf(channel);
  }

  /** The client sends a frame. */
  up(text: string): void {
    const { t, ref, d } = JSON.parse(text) as { t: string; ref?: number; d?: Record<string, string> };
    if (ref === undefined || d === undefined) return;
    const id = t === 'message.send' ? (d.id ?? '') : `${t} ${this.#requests++}`;
    const asked = { op: t, id, channel: d.channelId, user: d.userId, atMs: this.#stamp().tMono };
    this.#asked.set(ref, asked);
    if (LOGGED.has(t)) this.#log({ type: 'invoke', op: t, id, ...about(asked) });
  }

  /** A frame has come; the SDK takes it next. */
  down(text: string): void {
    const frame = JSON.parse(text) as DownFrame;
    if (frame.t === 'welcome') {
      this.#isConnected = true;
      this.#log({ type: 'conn', user: frame.user.id, epoch: frame.epoch, node: frame.node });
    } else if (frame.t === 'ok' || frame.t === 'error') return this.#answered(frame);
    this.#steps.push(...this.#follower.take(frame));
  }

  /** The socket is gone: what was asked and not answered is open for ever. */
  closed(code: number): void {
    for (const asked of this.#asked.values()) this.#end(asked, { outcome: 'info' });
    this.#asked.clear();
    if (this.#isConnected) this.#log({ type: 'close', code });
    this.#isConnected = false;
  }

  /** The frame has been taken, with everything that follows from it: writes down what the client now holds. */
  flush(): void {
    for (const step of this.#steps) this.#writeStep(step);
    this.#steps = [];
    // What the SDK told without any reason in the frames is told to the checker as it is, and it will object.
    for (const [root, told] of this.#told)
      for (const { isNew, message } of told) this.#writeEvent(root, message.rev, isNew ? 'new' : 'edited', message);
    this.#told.clear();
  }

  #answered(frame: Extract<DownFrame, { t: 'ok' | 'error' }>): void {
    const asked = this.#asked.get(frame.ref ?? -1);
    if (frame.ref === null || asked === undefined) return;
    this.#asked.delete(frame.ref);
    if (frame.t === 'error') {
      const isGone = asked.op === 'sync.changes' && (frame.code === 'not_found' || frame.code === 'forbidden');
      if (isGone) this.#steps.push(...this.#follower.refused(asked.channel as ChannelId));
      return this.#end(asked, { outcome: 'fail', code: frame.code });
    }
    if (asked.op === 'message.send') {
      const { seq, rev } = frame.d as Sent;
      return this.#end(asked, { outcome: 'ok', seq, rev });
    }
    this.#end(asked, { outcome: 'ok' });
    if (asked.op === 'sync.changes') this.#steps.push(...this.#follower.changes(frame.d as never));
    else if (asked.op === 'channel.join') this.#steps.push(...this.#follower.joined(frame.d as never));
    else if (asked.op === 'channel.get') {
      const found = frame.d as { membership: unknown };
      if (found.membership !== null) this.#steps.push(...this.#follower.joined(frame.d as never));
    } else if (asked.op === 'message.history') this.#writePage(asked, frame.d as HistoryPage);
  }

  #end(asked: Asked, outcome: { outcome: 'ok' | 'fail' | 'info'; code?: string; seq?: number; rev?: number }): void {
    if (LOGGED.has(asked.op)) this.#log({ type: 'ack', op: asked.op, id: asked.id, ...about(asked), ...outcome });
  }

  #tell(root: string, told: Told): void {
    const list = this.#told.get(root);
    if (list === undefined) this.#told.set(root, [told]);
    else list.push(told);
  }

  #writeStep(step: Step): void {
    switch (step.kind) {
      case 'reset':
        return this.#log({ type: 'reset', channel: step.channel, seq: step.seq, rev: step.rev });
      case 'gone':
        return this.#log({ type: 'gone', channel: step.channel });
      case 'event':
        return this.#writeLive(step.channel, step.event);
      case 'heard':
        return this.#log({ type: 'heard', channel: step.channel, rev: step.rev });
      case 'changes': {
        const { members, rev } = step.changes;
        const told = this.#told.get(step.channel) ?? [];
        // Whatever the changes brought stands before what was held back and is due after them.
        const count = told.findIndex(({ message }) => message.rev > rev && this.#isDueLater(step.channel, message.rev));
        const items = told
          .splice(0, count < 0 ? told.length : count)
          .map(({ message, isNew }) => ({ ...itemOf(message), isNew }));
        const moves = { joined: members?.joined.map((member) => member.userId) ?? [], left: members?.left ?? [] };
        const { from } = step.changes;
        return this.#log({ type: 'resume', channel: step.channel, from, rev, items, ...moves });
      }
      default:
    }
  }

  #isDueLater(channel: string, rev: number): boolean {
    return this.#steps.some((step) => step.kind === 'event' && step.channel === channel && step.event.rev === rev);
  }

  #writeLive(channel: ChannelId, event: RevEvent): void {
    if (event.t === 'message') {
      const told = this.#told.get(channel)?.shift();
      if (told === undefined)
        return this.#log({ type: 'resume', channel, from: event.rev - 1, rev: event.rev, items: [] });
      return this.#writeEvent(channel, event.rev, told.isNew ? 'new' : (told.change as 'edited'), told.message);
    }
    const moves = event.t === 'members' ? { joined: event.joined.map(({ userId }) => userId), left: event.left } : {};
    this.#log({ type: 'recv', op: event.t, channel, rev: event.rev, ...moves });
  }

  #writeEvent(root: string, rev: number, op: 'new' | 'edited', message: MessageView): void {
    const { channelId: channel, id, seq, replyTo } = message;
    const parent = replyTo === undefined ? {} : { parent: replyTo };
    this.#log({ type: 'recv', op, channel, root, rev, id, seq, digest: digestOf(message), ...parent });
  }

  #writePage(asked: Asked, page: HistoryPage): void {
    const { lastSeq, hasAfter, messages } = page;
    const items = messages.map(itemOf);
    this.#log({ type: 'history', channel: asked.channel ?? '', asked: asked.atMs, seq: lastSeq, hasAfter, items });
  }

  #log(body: RecordBody): void {
    this.#write({ ...this.#stamp(), ...body });
  }

  /** Writes a record that only the world knows of. */
  note(body: RecordBody): void {
    this.#log(body);
  }
}

function about({ channel, user }: Asked): { channel?: string; user?: string } {
  return { ...(channel === undefined ? {} : { channel }), ...(user === undefined ? {} : { user }) };
}
