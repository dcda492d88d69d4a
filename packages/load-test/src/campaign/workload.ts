import type { ChannelId } from '@parley/protocol';
import type { LoggedClient } from '../history/logged-client.ts';
import type { Random } from '../random.ts';

/** Where people talk: nobody is ever removed from the hall; in the club they come, go and are thrown out. */
export interface Rooms {
  readonly hall: ChannelId;
  readonly club: ChannelId;
}

/** What people do in a trial. */
export interface Traffic {
  start(): void;
  /** Clients ought to recover from now on, and be waited for: nobody restarts an application any more, and soon people fall silent. */
  comeToRest(): void;
  stop(): void;
}

type Deed = (client: LoggedClient, channel: ChannelId) => void;

/** Time between two deeds of one device. */
const MIN_PAUSE_MS = 20;
const MAX_PAUSE_MS = 160;
/** A device that cannot send writes no more than this many messages meanwhile. */
const MAX_UNSENT = 20;
/** How long people go on talking when all is well again. */
const LAST_WORDS_MS = 1_000;
const EMOJI = ['👍', '❤️', '🎉'];

/** People who talk, edit, react, read, join, leave and are thrown out, as a seed says, until it is stopped. */
export class Workload implements Traffic {
  readonly #clients: readonly LoggedClient[];
  readonly #rooms: Rooms;
  readonly #random: Random;
  readonly #slowdown: number;
  readonly #deeds: readonly { readonly weight: number; readonly run: Deed }[];
  readonly #timers = new Set<NodeJS.Timeout>();
  #texts = 0;
  #isOver = false;
  #mayRestart = true;

  /** The first client must be that of the owner of both rooms. */
  constructor(clients: readonly LoggedClient[], rooms: Rooms, random: Random, slowdown = 1) {
    this.#slowdown = slowdown;
    this.#clients = clients;
    this.#rooms = rooms;
    this.#random = random;
    this.#deeds = [
      { weight: 55, run: (client, channel) => this.#send(client, channel) },
      { weight: 5, run: (client, channel) => this.#send(client, channel, client.pickShown(channel, false)?.seq) },
      { weight: 8, run: (client, channel) => this.#edit(client, channel) },
      { weight: 3, run: (client, channel) => this.#delete(client, channel) },
      { weight: 8, run: (client, channel) => this.#react(client, channel) },
      { weight: 3, run: (client, channel) => void client.client.channel(channel).loadOlder(5).catch(ignore) },
      { weight: 3, run: (client, channel) => void this.#ask(client, channel) },
      { weight: 8, run: (client, channel) => client.client.channel(channel).markRead() },
      { weight: 3, run: (client) => this.#moveSomebody(client) },
      { weight: 2, run: (client) => this.#comeOrGo(client) },
      { weight: 1, run: (client) => this.#restart(client) },
    ];
  }

  start(): void {
    for (const client of this.#clients) this.#next(client);
  }

  stop(): void {
    this.#isOver = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  comeToRest(): void {
    this.#mayRestart = false;
    setTimeout(() => this.stop(), LAST_WORDS_MS);
  }

  #next(client: LoggedClient): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (this.#isOver) return;
      this.#act(client);
      this.#next(client);
    }, this.#slowdown * this.#random.between(MIN_PAUSE_MS, MAX_PAUSE_MS));
    this.#timers.add(timer);
  }

  #act(client: LoggedClient): void {
    const channel = this.#random.chance(0.6) ? this.#rooms.hall : this.#rooms.club;
    let left = this.#random.below(this.#deeds.reduce((sum, { weight }) => sum + weight, 0));
    for (const { weight, run } of this.#deeds) {
      if (left < weight) return run(client, channel);
      left -= weight;
    }
  }

  #send(client: LoggedClient, channel: ChannelId, replyTo?: number): void {
    // Who was thrown out is shown no field to write in.
    if (!client.channels.includes(channel) || client.unsent >= MAX_UNSENT) return;
    client.client.channel(channel).send(this.#text(client), { replyTo }).catch(ignore);
  }

  #edit(client: LoggedClient, channel: ChannelId): void {
    const own = client.pickShown(channel, true);
    if (own !== undefined) client.client.channel(channel).edit(own.id, this.#text(client)).catch(ignore);
  }

  #delete(client: LoggedClient, channel: ChannelId): void {
    const own = client.pickShown(channel, true);
    if (own !== undefined) client.client.channel(channel).delete(own.id).catch(ignore);
  }

  #react(client: LoggedClient, channel: ChannelId): void {
    const shown = client.pickShown(channel, false);
    if (shown === undefined) return;
    const isOn = this.#random.chance(0.7);
    client.client.channel(channel).react(shown.id, this.#random.pick(EMOJI), isOn).catch(ignore);
  }

  async #ask(client: LoggedClient, channelId: ChannelId): Promise<void> {
    await client.client.call('message.history', { channelId, limit: 20 }).catch(ignore);
  }

  /** The owner throws somebody out of the club, or takes him in again. */
  #moveSomebody(client: LoggedClient): void {
    if (client !== this.#clients[0]) return;
    const { account } = this.#random.pick(this.#clients);
    if (account.id === client.account.id) return;
    const club = client.client.channel(this.#rooms.club);
    (this.#random.chance(0.5) ? club.kick(account.id) : club.invite([account.id])).catch(ignore);
  }

  #comeOrGo(client: LoggedClient): void {
    if (client.account.id === this.#clients[0]?.account.id) return;
    const club = client.client.channel(this.#rooms.club);
    (this.#random.chance(0.3) ? club.leave() : club.join()).catch(ignore);
  }

  #restart(client: LoggedClient): void {
    if (!this.#mayRestart) return;
    client.restart();
    for (const channel of Object.values(this.#rooms)) client.show(channel);
  }

  #text(client: LoggedClient): string {
    this.#texts += 1;
    return `${client.name} ${this.#texts}`;
  }
}

/** What a person would see as an error on the screen; the log has it. */
function ignore(): void {}
