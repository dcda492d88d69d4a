import type { Random } from '@parley/load-test';
import type { ChannelId, UserId } from '@parley/protocol';
import type { Deed } from './happening.ts';
import type { SimClient } from './sim-client.ts';

export interface DeedWorld {
  readonly clients: readonly SimClient[];
  readonly users: readonly UserId[];
  readonly channels: readonly ChannelId[];
}

/** Lets users do what a plan says. What cannot be done at that moment is left. */
export class Deeds {
  readonly #world: DeedWorld;
  readonly #random: Random;
  #count = 0;

  constructor(world: DeedWorld, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  do(deed: Deed): void {
    const client = this.#world.clients[deed.client];
    if (client === undefined) return;
    if (deed.kind === 'restart') return client.restart();
    const channelId = this.#world.channels[deed.channel];
    if (channelId === undefined) return;
    const channel = client.client.channel(channelId);
    switch (deed.kind) {
      case 'flood':
        for (let index = 0; index < deed.count; index++) client.send(channelId, this.#text(client, false));
        return;
      case 'send':
        for (let index = 0; index < deed.count; index++) client.send(channelId, this.#text(client, deed.mentions));
        return;
      case 'reply': {
        const shown = client.pickShown(channelId, false);
        return client.send(channelId, this.#text(client, false), shown?.seq);
      }
      case 'edit':
      case 'delete':
        return this.#changeOwn(client, channelId, deed.kind);
      case 'react': {
        const shown = client.pickShown(channelId, false);
        if (shown !== undefined)
          channel.react(shown.id, this.#random.pick(['👍', '❤️']), this.#random.chance(0.7)).catch(ignore);
        return;
      }
      case 'page':
        return void channel.loadOlder(1 + this.#random.below(10)).catch(ignore);
      case 'read':
        return channel.markRead();
      case 'kick':
      case 'invite':
        return this.#moveMember(client, channelId, deed);
      case 'leave':
        return void channel.leave().catch(ignore);
      case 'join':
        return void channel.join().catch(ignore);
      default:
        return deed satisfies never;
    }
  }

  #text(client: SimClient, mentions: boolean): string {
    const calls = mentions ? ` @user${this.#random.below(this.#world.users.length)}` : '';
    return `${client.name} ${this.#count++}${calls}`;
  }

  #changeOwn(client: SimClient, channelId: ChannelId, kind: 'edit' | 'delete'): void {
    const own = client.pickShown(channelId, true);
    if (own === undefined) return;
    const channel = client.client.channel(channelId);
    const change =
      kind === 'edit' ? channel.edit(own.id, this.#text(client, this.#random.chance(0.2))) : channel.delete(own.id);
    change.catch(ignore);
  }

  #moveMember(client: SimClient, channelId: ChannelId, deed: { kind: 'kick' | 'invite'; user: number }): void {
    const user = this.#world.users[deed.user];
    if (user === undefined || user === client.user) return;
    const channel = client.client.channel(channelId);
    (deed.kind === 'kick' ? channel.kick(user) : channel.invite([user])).catch(ignore);
  }
}

/** What the user would see as an error on the screen; the log has it. */
function ignore(): void {}
