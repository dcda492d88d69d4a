import { type ChatClient, createClient } from '@parley/client';
import type { ChannelId, MessageView, UserId } from '@parley/protocol';
import { expect } from 'vitest';
import { WebSocket } from 'ws';
import { waitFor } from '../../packages/server/src/testing/wait-for.ts';
import { makeOwner, makePerson, type Person } from './people.ts';

/** Time between two messages of one person, and how many of them may be without an answer before he waits. */
const PAUSE_MS = 40;
const MAX_OPEN = 10;

interface Server {
  readonly url: string;
  ownerToken(): string;
}

interface Talker {
  readonly client: ChatClient;
  readonly id: UserId;
  readonly acked: { readonly id: string; readonly seq: number }[];
  /** In the order in which they came. */
  readonly heard: MessageView[];
  /** How many he had heard when he was told to load anew, each time: between them he is told everything. */
  readonly resets: number[];
  /** Why it was not online, each time. */
  readonly losses: string[];
}

/** People who talk to each other without a pause in one channel, and remember what they were told. */
export class Talk {
  readonly channelId: ChannelId;
  readonly talkers: readonly Talker[];
  /** Sends that ended in an error, by its code. */
  readonly refused: string[] = [];
  readonly #timers: NodeJS.Timeout[] = [];
  /** When each message that has no answer was said, by its number. */
  readonly #open = new Map<number, { readonly talker: Talker; readonly at: number }>();
  #said = 0;

  private constructor(channelId: ChannelId, clients: ReadonlyMap<UserId, ChatClient>) {
    this.channelId = channelId;
    this.talkers = [...clients].map(([id, client]) => {
      const heard: MessageView[] = [];
      client.on('message', ({ message }) => message.channelId === channelId && heard.push(message));
      const resets: number[] = [];
      client.on('channelSynced', ({ channelId: synced, continuity }) => {
        if (synced === channelId && continuity === 'reset') resets.push(heard.length);
      });
      const losses: string[] = [];
      client.connection.subscribe(() => {
        const { current, reason } = client.connection.getSnapshot();
        if (current === 'reconnecting') losses.push(reason);
      });
      return { client, id, acked: [], heard, resets, losses };
    });
  }

  /** Makes the people of a fresh server and lets them talk. */
  static async begin(server: Server, names: readonly string[]): Promise<Talk> {
    const [first = 'Ada', ...others] = names;
    const owner = await makeOwner(server, first);
    const people: Person[] = [owner];
    for (const name of others) people.push(await makePerson(server.url, name));
    const memberIds = people.slice(1).map(({ signedIn }) => signedIn.user.id);
    const { id } = await owner.client.createChannel({ kind: 'private', name: 'all the time', memberIds });
    // Sockets of their own, so that all of them are spread over the nodes.
    for (const { client } of people) client.close();
    const { url } = server;
    const clients = people.map(
      ({ signedIn: { user, token } }) => [user.id, createClient({ url, token, WebSocket })] as const,
    );
    const talk = new Talk(id, new Map(clients));
    await Promise.all(clients.map(([, client]) => client.connect()));
    for (const talker of talk.talkers) talk.#timers.push(setInterval(() => talk.#say(talker), PAUSE_MS));
    return talk;
  }

  /** Everybody is answered to something that he says from now on. */
  async everybodyIsAnswered(): Promise<void> {
    const before = this.talkers.map(({ acked }) => acked.length);
    const said = this.#said;
    await waitFor('more is said', () => this.#said > said + 2 * this.talkers.length);
    await waitFor('everybody is answered', () =>
      this.talkers.every(({ acked }, index) => acked.length > (before[index] ?? 0) + 2),
    );
  }

  /** Everybody hears what is said from now on, from everybody. */
  async everybodyHearsEverybody(): Promise<void> {
    const from = this.talkers.map(({ heard }) => heard.length);
    await waitFor('everybody hears everybody', () =>
      this.talkers.every(({ heard }, index) => {
        const senders = new Set(heard.slice(from[index]).map(({ senderId }) => senderId));
        return this.talkers.every(({ id }) => senders.has(id));
      }),
    );
  }

  /** Nobody says more; what was said is answered, and heard by everybody once, in one order, and whole but for where he was told to load anew. */
  async end(): Promise<void> {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    await waitFor('all is answered', () => this.#open.size === 0).catch((error: unknown) => {
      const now = performance.now();
      const open = [...this.#open].map(([number, { at }]) => `${number} after ${Math.round(now - at)} ms`);
      throw new Error(`no answer to ${open.length} of ${this.#said}: ${open.slice(0, 5).join(', ')}`, { cause: error });
    });
    const acked = this.talkers.flatMap((talker) => talker.acked);
    const last = Math.max(...acked.map(({ seq }) => seq));
    for (const { heard } of this.talkers) await waitFor('all is heard', () => (heard.at(-1)?.seq ?? 0) >= last);
    const history = await this.#history();
    expect(history.map(({ seq }) => seq)).toEqual(history.map((_, index) => index + 1));
    const stored = new Map(history.map(({ id, seq }) => [id as string, seq]));
    expect(acked.filter(({ id, seq }) => stored.get(id) !== seq)).toEqual([]);
    expect(stored.size).toBe(history.length);
    expect(history.length).toBe(acked.length + this.refused.length);
    for (const { heard, resets } of this.talkers) {
      for (const [index, { seq }] of heard.entries()) {
        const before = heard[index - 1]?.seq ?? seq - 1;
        if (resets.includes(index)) expect(seq).toBeGreaterThan(before);
        else expect(seq).toBe(before + 1);
      }
      expect(heard.filter(({ id, seq }) => stored.get(id) !== seq)).toEqual([]);
    }
  }

  close(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    for (const { client } of this.talkers) client.close();
  }

  #say(talker: Talker): void {
    const open = [...this.#open.values()].filter((one) => one.talker === talker);
    if (open.length >= MAX_OPEN) return;
    this.#said += 1;
    const number = this.#said;
    const at = performance.now();
    this.#open.set(number, { talker, at });
    talker.client
      .channel(this.channelId)
      .send(`${number}`)
      .then(({ id, seq }) => talker.acked.push({ id, seq }))
      .catch((error: unknown) => this.refused.push(error instanceof Error ? error.message : String(error)))
      .finally(() => this.#open.delete(number));
  }

  async #history(): Promise<MessageView[]> {
    const [talker] = this.talkers;
    const messages: MessageView[] = [];
    for (let after = 0; ; ) {
      const page = await talker?.client.call('message.history', { channelId: this.channelId, after, limit: 100 });
      if (page === undefined) return messages;
      messages.push(...page.messages);
      if (!page.hasAfter) return messages;
      after = page.messages.at(-1)?.seq ?? after;
    }
  }
}
