import type {
  Changes,
  ChannelId,
  ChannelView,
  CursorRow,
  HistoryPage,
  JoinedChannel,
  MemberView,
  MessageEvent,
  MessageId,
  MessageView,
  RevEvent,
  Sent,
  UserId,
} from '@parley/protocol';

interface Membership {
  role: MemberView['role'];
  joinedAt: number;
  rev: number;
  hasLeft: boolean;
  joinedSeq: number;
  readSeq: number;
  deliveredSeq: number;
}

/** A root channel of the model server: the truth that clients are compared with. */
export class ModelChannel {
  readonly id: ChannelId;
  name: string;
  rev = 0;
  lastSeq = 0;
  nameRev = 0;
  readonly messages = new Map<number, MessageView>();
  readonly members = new Map<UserId, Membership>();
  readonly #now: () => number;
  readonly #onEvent: (event: RevEvent) => void;

  constructor(id: ChannelId, name: string, now: () => number, onEvent: (event: RevEvent) => void) {
    this.id = id;
    this.name = name;
    this.#now = now;
    this.#onEvent = onEvent;
  }

  get view(): ChannelView {
    return {
      id: this.id,
      kind: 'public',
      name: this.name,
      topic: '',
      rootId: null,
      rootSeq: null,
      lastSeq: this.lastSeq,
      rev: this.rev,
      memberCount: this.memberIds().length,
      maxMembers: null,
      permissions: {},
      createdAt: 0,
      createdBy: null,
      archivedAt: null,
    };
  }

  memberIds(): UserId[] {
    return [...this.members].flatMap(([userId, { hasLeft }]) => (hasLeft ? [] : userId));
  }

  isMember(userId: UserId): boolean {
    return this.members.get(userId)?.hasLeft === false;
  }

  join(userId: UserId): void {
    if (this.isMember(userId)) return;
    this.rev += 1;
    this.members.set(userId, {
      role: 'member',
      joinedAt: this.#now(),
      rev: this.rev,
      hasLeft: false,
      joinedSeq: this.lastSeq,
      readSeq: this.lastSeq,
      deliveredSeq: this.lastSeq,
    });
    this.#emitMembers([userId], []);
  }

  leave(userId: UserId): void {
    const member = this.members.get(userId);
    if (member === undefined || member.hasLeft) return;
    this.rev += 1;
    member.hasLeft = true;
    member.rev = this.rev;
    this.#emitMembers([], [userId]);
  }

  rename(name: string): void {
    this.rev += 1;
    this.name = name;
    this.nameRev = this.rev;
    this.#onEvent({ t: 'channel', channel: this.id, rev: this.rev, view: this.view });
  }

  send(senderId: UserId, id: MessageId, body: string): Sent {
    for (const message of this.messages.values()) if (message.id === id) return sentOf(message);
    this.rev += 1;
    this.lastSeq += 1;
    const message: MessageView = {
      channelId: this.id,
      id,
      seq: this.lastSeq,
      rev: this.rev,
      senderId,
      kind: 'text',
      body,
      createdAt: this.#now(),
    };
    this.#put(message, 'new');
    return sentOf(message);
  }

  edit(seq: number, body: string): MessageView {
    return this.#change(seq, 'edited', { body, editedAt: this.#now() });
  }

  delete(seq: number): MessageView {
    return this.#change(seq, 'deleted', { body: '', deletedAt: this.#now() });
  }

  /** Everything after `since`, or a reset when it is longer ago than `maxChanges`. */
  changesSince(since: number, maxChanges: number): Changes {
    const base = { channelId: this.id, from: since, rev: this.rev };
    if (this.rev - since > maxChanges) return { ...base, reset: true, channel: this.view, messages: [] };
    const messages = [...this.messages.values()].filter(({ rev }) => rev > since).sort((a, b) => a.rev - b.rev);
    const moved = [...this.members].filter(([, { rev }]) => rev > since);
    const changes: Changes = { ...base, reset: false, messages };
    if (this.nameRev > since || moved.length > 0) changes.channel = this.view;
    if (moved.length > 0) {
      const joined = moved.flatMap(([userId, member]) => (member.hasLeft ? [] : memberView(userId, member)));
      changes.members = { joined, left: moved.flatMap(([userId, { hasLeft }]) => (hasLeft ? userId : [])) };
    }
    return changes;
  }

  joinedFor(userId: UserId): JoinedChannel {
    const own = this.members.get(userId);
    const membership = {
      channelId: this.id,
      role: own?.role ?? ('member' as const),
      readSeq: own?.readSeq ?? 0,
      deliveredSeq: own?.deliveredSeq ?? 0,
      mentions: 0,
      notify: 'all' as const,
      joinedSeq: own?.joinedSeq ?? 0,
      rev: own?.rev ?? 0,
    };
    return { channel: this.view, membership };
  }

  cursorsOf(userId: UserId): CursorRow {
    const own = this.members.get(userId);
    return [this.id, this.lastSeq, own?.readSeq ?? 0, own?.deliveredSeq ?? 0, 0];
  }

  page({
    before,
    after,
    around,
    limit = 50,
  }: {
    before?: number;
    after?: number;
    around?: number;
    limit?: number;
  }): HistoryPage {
    let low = Math.max(1, this.lastSeq - limit + 1);
    if (before !== undefined) low = Math.max(1, before - limit);
    if (after !== undefined) low = after + 1;
    if (around !== undefined) low = Math.max(1, around - Math.floor(limit / 2));
    const high = Math.min(this.lastSeq, before === undefined ? low + limit - 1 : before - 1);
    const messages: MessageView[] = [];
    for (let seq = low; seq <= high; seq++) {
      const message = this.messages.get(seq);
      if (message !== undefined) messages.push(message);
    }
    return { messages, lastSeq: this.lastSeq, hasBefore: low > 1, hasAfter: high < this.lastSeq };
  }

  memberViews(): MemberView[] {
    return [...this.members].flatMap(([userId, member]) => (member.hasLeft ? [] : memberView(userId, member)));
  }

  #change(seq: number, change: MessageEvent['change'], fields: Partial<MessageView>): MessageView {
    const message = this.messages.get(seq);
    if (message === undefined) throw new Error(`no message ${seq}`);
    this.rev += 1;
    return this.#put({ ...message, ...fields, rev: this.rev }, change);
  }

  #put(message: MessageView, change: MessageEvent['change']): MessageView {
    this.messages.set(message.seq, message);
    this.#onEvent({ t: 'message', channel: this.id, rev: this.rev, change, message });
    return message;
  }

  #emitMembers(joined: UserId[], left: UserId[]): void {
    const views = joined.flatMap((userId) => {
      const member = this.members.get(userId);
      return member === undefined ? [] : memberView(userId, member);
    });
    const memberCount = this.memberIds().length;
    this.#onEvent({ t: 'members', channel: this.id, rev: this.rev, joined: views, left, memberCount });
  }
}

function memberView(userId: UserId, { role, joinedAt }: Membership): MemberView {
  return { userId, role, joinedAt };
}

function sentOf({ channelId, id, seq, rev, createdAt }: MessageView): Sent {
  return { channelId, id, seq, rev, createdAt };
}
