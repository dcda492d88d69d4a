import type { Random } from '@parley/load-test';
import {
  type ChannelId,
  type MessageId,
  makeUuid,
  type OperationName,
  type RequestOf,
  type UserId,
} from '@parley/protocol';
import { SocketClient } from '../../src/testing/socket-client.ts';

export interface TalkParts {
  readonly url: string;
  readonly users: readonly UserId[];
  readonly channels: readonly ChannelId[];
  readonly random: Random;
}

interface Said {
  readonly channelId: ChannelId;
  readonly id: MessageId;
  readonly by: number;
  readonly body: string;
}

/** People who do one thing after the other, each of them anything that the simulated clients may do. */
export class Talk {
  readonly #parts: TalkParts;
  readonly #clients: (SocketClient | null)[];
  readonly #said: Said[] = [];

  constructor(parts: TalkParts) {
    this.#parts = parts;
    this.#clients = parts.users.map(() => null);
  }

  async run(steps: number): Promise<void> {
    for (let step = 0; step < steps; step++) await this.#step();
  }

  end(): void {
    for (const client of this.#clients) client?.close();
  }

  async #step(): Promise<void> {
    const { random, users, channels } = this.#parts;
    const by = random.below(users.length);
    if (random.chance(0.06)) return this.#comeAnew(by);
    const client = await this.#clientOf(by);
    const channelId = random.pick(channels);
    const userId = random.pick(users);
    const ask = <Name extends OperationName>(name: Name, input: RequestOf<Name>) => client.ask(name, input);
    const deeds: (() => Promise<unknown>)[] = [
      () => this.#send(client, by, channelId),
      () => this.#send(client, by, channelId),
      () => this.#repeat(client),
      () => this.#change(client, by),
      () => ask('message.history', { channelId, limit: 1 + random.below(5) }),
      () => ask('message.history', { channelId, limit: 3, around: 1 + random.below(9) }),
      () => this.#pageBefore(client),
      () => ask('sync.changes', { channelId, since: random.below(20) }),
      () => ask('channel.get', { channelId }),
      () => ask('channel.list', {}),
      () => ask('channel.join', { channelId }),
      () => ask('member.invite', { channelId, userIds: [userId] }),
    ];
    const rare: (() => Promise<unknown>)[] = [
      () => ask('member.kick', { channelId, userId }),
      () => ask('channel.leave', { channelId }),
      () => ask('member.role', { channelId, userId, role: random.pick(['member', 'admin', 'owner'] as const) }),
    ];
    await random.pick(random.chance(0.15) ? rare : deeds)();
  }

  async #clientOf(by: number): Promise<SocketClient> {
    const known = this.#clients[by];
    if (known != null) return known;
    const { url, users } = this.#parts;
    const client = await SocketClient.connect(url, users[by] ?? '');
    this.#clients[by] = client;
    return client;
  }

  /** Comes back with what it had, as after a lost connection. */
  async #comeAnew(by: number): Promise<void> {
    const { url, users, channels, random } = this.#parts;
    const before = await this.#clientOf(by);
    const [welcome] = before.of('welcome');
    before.close();
    const revs = channels.map((id): [ChannelId, number] => [id, 1 + random.below(15)]);
    const resume = { epoch: welcome?.epoch ?? '', channels: revs };
    this.#clients[by] = await SocketClient.connect(url, users[by] ?? '', resume);
  }

  #send(client: SocketClient, by: number, channelId: ChannelId): Promise<unknown> {
    const { random } = this.#parts;
    const body = `number ${this.#said.length} ${random.pick(['', '@user1', '@user2 @user3', '@channel'])}`;
    const said = { channelId, id: makeUuid() as MessageId, by, body };
    this.#said.push(said);
    return client.ask('message.send', {
      channelId,
      id: said.id,
      body,
      ...(random.chance(0.2) ? { replyTo: random.chance(0.5) ? 1 : 99_999 } : {}),
    });
  }

  async #pageBefore(client: SocketClient): Promise<unknown> {
    if (this.#said.length === 0) return undefined;
    const { channelId, id: lastMessageId } = this.#parts.random.pick(this.#said);
    return client.ask('message.history', { channelId, limit: 3, lastMessageId });
  }

  async #repeat(client: SocketClient): Promise<unknown> {
    if (this.#said.length === 0) return undefined;
    const { channelId, id, body } = this.#parts.random.pick(this.#said);
    return client.ask('message.send', { channelId, id, body });
  }

  async #change(client: SocketClient, by: number): Promise<unknown> {
    const { random } = this.#parts;
    // Mostly his own messages: those of others he may not change.
    const isOwn = random.chance(0.7);
    const fitting = this.#said.filter((said) => !isOwn || said.by === by);
    if (fitting.length === 0) return undefined;
    const { channelId, id: messageId } = random.pick(fitting);
    const emoji = random.pick(['👍', '❤️']);
    const changes: (() => Promise<unknown>)[] = [
      () =>
        client.ask('message.edit', { channelId, messageId, body: `edited ${random.pick(['', '@user0', '@user2'])}` }),
      () => client.ask('message.react', { channelId, messageId, emoji, on: random.chance(0.7) }),
      () => client.ask('message.react', { channelId, messageId, emoji, on: random.chance(0.7) }),
      () => client.ask('message.delete', { channelId, messageId }),
    ];
    return random.pick(changes)();
  }
}
