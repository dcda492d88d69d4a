import type { ChannelId, ChannelView, InputOf, UserId } from '@parley/protocol';
import { record } from '../audit/audit.ts';
import type { ChannelFacts } from '../fanout/committed.ts';
import type { Change, Changes } from '../writer/change.ts';
import { nameTaken } from './channel-creation.ts';
import { normalPermissions } from './channel-permissions.ts';
import { channelView } from './channel-rows.ts';
import { readChannel, setArchived, updateChannel } from './channel-store.ts';
import { changeGranted, demandRoot } from './granted.ts';
import { factsAt } from './member-event.ts';
import { demand } from './permissions.ts';

/** Changes of a channel itself: its name, topic, limit, permissions and archive state. */
export class ChannelChanges {
  readonly #changes: Changes;

  constructor(changes: Changes) {
    this.#changes = changes;
  }

  /** Writes what the input names. A member limit below the present count keeps everyone and lets nobody in. */
  async update(userId: UserId, input: InputOf<'channel.update'>, address: string | null = null): Promise<ChannelView> {
    const { channelId, permissions, ...plain } = input;
    const isPlain = Object.values(plain).some((value) => value !== undefined);
    const action = permissions === undefined || isPlain ? 'channel.update' : 'channel.permissions';
    try {
      return await changeGranted(this.#changes, { userId, channelId, action }, async (change, grant) => {
        demandRoot(grant, 'change the channel');
        if (permissions === undefined) {
          if (!isPlain) return await viewNow(change);
          await updateChannel(change.tx, grant.root.id, plain);
          const fields = Object.keys(plain).filter((field) => plain[field as keyof typeof plain] !== undefined);
          const entry = { actorId: userId, action: 'channel.updated', target: channelId, address };
          await record(change.tx, { ...entry, details: { fields } });
          return await emitChannel(change);
        }
        demand(grant, 'channel.permissions');
        const table = normalPermissions(permissions);
        await updateChannel(change.tx, grant.root.id, { ...plain, permissions: table });
        const details = { roles: Object.keys(table) };
        await record(change.tx, {
          actorId: userId,
          action: 'channel.permissions',
          target: channelId,
          details,
          address,
        });
        return await emitChannel(change, { permissions: table });
      });
    } catch (error) {
      throw nameTaken(error) ?? error;
    }
  }

  /** Archives a channel, or brings it back; asking twice changes nothing. */
  archive(userId: UserId, channelId: ChannelId, on: boolean, address: string | null = null): Promise<ChannelView> {
    return changeGranted(this.#changes, { userId, channelId, action: 'channel.archive' }, async (change, grant) => {
      demandRoot(grant, 'archive the channel');
      if (grant.root.archived === on) return await viewNow(change);
      await setArchived(change.tx, grant.root.id, on);
      const action = on ? 'channel.archived' : 'channel.unarchived';
      await record(change.tx, { actorId: userId, action, target: channelId, address });
      return await emitChannel(change, { archived: on });
    });
  }
}

async function viewNow(change: Change): Promise<ChannelView> {
  const row = await readChannel(change.tx, change.channel.id);
  return channelView({ ...row, rev: change.lastRev, memberCount: change.memberCount });
}

/** Emits the channel as it now is. What changed of the facts that decide access voids what was decided before. */
async function emitChannel(change: Change, facts?: Partial<ChannelFacts>): Promise<ChannelView> {
  const rev = change.takeRev();
  const view = await viewNow(change);
  if (facts !== undefined) change.voidAccess();
  const effect = facts === undefined ? undefined : { facts: factsAt(change.channel, rev, facts) };
  change.emit({ t: 'channel', channel: change.channel.id, rev, view }, effect);
  return view;
}
