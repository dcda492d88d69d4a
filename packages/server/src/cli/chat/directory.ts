import type { ChannelSummary, ChatClient } from '@parley/client';
import type { ChannelId, UserId, UserView } from '@parley/protocol';
import { printable } from './paint.ts';

/** Names of channels and people, both ways. */
export class Directory {
  readonly #client: ChatClient;
  readonly #byName = new Map<string, UserView>();

  constructor(client: ChatClient) {
    this.#client = client;
    client.on('user', (user) => this.#byName.set(user.username, user));
  }

  /** Display name of a user, from the server if need be. */
  async nameOf(userId: UserId): Promise<string> {
    try {
      const user = await this.#client.users.get(userId);
      if (user !== null) this.#byName.set(user.username, user);
      return user === null ? 'somebody' : printable(user.displayName);
    } catch {
      return userId.slice(-6);
    }
  }

  /** Display name of a user if it is known here. */
  knownName(userId: UserId): string {
    const user = this.#client.users.peek(userId);
    return user === undefined ? 'somebody' : printable(user.displayName);
  }

  /** User names known here, for completion. */
  userNames(): string[] {
    return [...this.#byName.keys()];
  }

  /** The user with this user name, with or without an @. */
  async findUser(name: string): Promise<UserView | null> {
    const wanted = name.replace(/^@/, '').toLowerCase();
    const known = this.#byName.get(wanted);
    if (known !== undefined) return known;
    const { users } = await this.#client.call('user.list', { query: wanted, limit: 20 });
    for (const user of users) this.#byName.set(user.username, user);
    return users.find((user) => user.username === wanted) ?? null;
  }

  /** What a channel is called: `#general`, or the people of a direct conversation. */
  async titleOf({ channel }: ChannelSummary): Promise<string> {
    if (channel.name !== null) return `#${printable(channel.name)}`;
    const me = this.#client.me.getSnapshot()?.id;
    const others = (channel.memberIds ?? []).filter((id) => id !== me);
    const names = await Promise.all(
      (others.length === 0 ? (channel.memberIds ?? []) : others).map((id) => this.nameOf(id)),
    );
    return channel.kind === 'thread' ? 'thread' : `@${names.join(', ')}`;
  }

  /** One of the user's channels, by name or by the id's end. */
  findChannel(name: string): ChannelSummary | null {
    const wanted = name.replace(/^#/, '').toLowerCase();
    const mine = this.#client.channels.getSnapshot();
    const byName = mine.find(({ channel }) => channel.name?.toLowerCase() === wanted);
    return byName ?? mine.find(({ id }) => id === wanted) ?? null;
  }

  /** The channel a line of names leads to, joining a public one that the user is not in. */
  async findOrJoin(name: string): Promise<ChannelId | null> {
    const mine = this.findChannel(name);
    if (mine !== null) return mine.id;
    const wanted = name.replace(/^#/, '').toLowerCase();
    const { channels } = await this.#client.call('channel.browse', { query: wanted, limit: 20 });
    const found = channels.find((channel) => channel.name?.toLowerCase() === wanted);
    if (found === undefined) return null;
    await this.#client.channel(found.id).join();
    return found.id;
  }

  channelNames(): string[] {
    return this.#client.channels.getSnapshot().flatMap(({ channel }) => channel.name ?? []);
  }
}
