import type { ChannelId, Role, UserId } from '@parley/protocol';
import { isAtLeast } from '@parley/protocol';
import type { Database } from '../storage/postgres.ts';
import { query } from '../storage/postgres.ts';
import type { ChannelCreation } from './channel-creation.ts';
import type { Members } from './members.ts';

export interface FirstChannelsPorts {
  readonly db: Database;
  readonly creation: ChannelCreation;
  readonly members: Members;
  /** Names of public channels; empty: newcomers find their own way. */
  readonly names: readonly string[];
}

/** Gives newcomers a place to talk: the first owner makes these channels, everybody after finds himself in them. */
export class FirstChannels {
  readonly #ports: FirstChannelsPorts;

  constructor(ports: FirstChannelsPorts) {
    this.#ports = ports;
  }

  async welcome(user: { readonly id: UserId; readonly role: Role }): Promise<void> {
    const { creation, members, names } = this.#ports;
    // Guests see only what they were let into.
    if (!isAtLeast(user.role, 'member')) return;
    for (const name of names) {
      const channelId = await this.#find(name);
      if (channelId !== null) await members.join(user.id, channelId);
      else if (user.role === 'owner')
        await creation.create({ userId: user.id, serverRole: user.role }, { kind: 'public', name });
    }
  }

  async #find(name: string): Promise<ChannelId | null> {
    const rows = await query<{ id: ChannelId }>(
      this.#ports.db,
      `SELECT id FROM channels WHERE kind = 'public' AND lower(name) = lower($1) AND archived_at IS NULL`,
      [name],
    );
    return rows[0]?.id ?? null;
  }
}
