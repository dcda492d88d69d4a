import { type ChannelId, LIMITS } from '@parley/protocol';
import type { RoomPlan } from '../scenario.ts';
import { inParallel } from './in-parallel.ts';
import type { Person } from './people.ts';
import type { Rest } from './rest.ts';

/** A channel of a run. */
export interface Room {
  readonly id: ChannelId;
  readonly members: readonly number[];
  /** Whose token reads it. */
  readonly reader: string;
  /** Messages up to here were there before. */
  readonly firstSeq: number;
  readonly isDirect: boolean;
}

/** Makes the channels, as an owner who is in each of them; directs by one of the two. */
export function makeRooms(
  rest: Rest,
  ownerToken: string,
  plans: readonly RoomPlan[],
  persons: readonly Person[],
  onProgress: (done: number) => void,
): Promise<Room[]> {
  const stamp = new Date().toISOString().slice(5, 16).replace('T', ' ');
  return inParallel(
    plans,
    async ({ kind, members }, index) => {
      const people = members.flatMap((member) => persons[member] ?? []);
      const ids = people.map((person) => person.id);
      if (kind === 'direct') {
        const [first] = people;
        if (first === undefined) throw new Error('unable to open a conversation; nobody is in it');
        const { channel } = await rest.call(first.token, 'channel.direct', { userIds: ids.slice(1) });
        return { id: channel.id, members, reader: first.token, firstSeq: channel.lastSeq, isDirect: true };
      }
      const name = `load ${stamp} ${index + 1}`;
      const memberIds = ids.slice(0, LIMITS.inviteUsers);
      const { channel } = await rest.call(ownerToken, 'channel.create', { kind, name, memberIds });
      for (let start = LIMITS.inviteUsers; start < ids.length; start += LIMITS.inviteUsers) {
        const userIds = ids.slice(start, start + LIMITS.inviteUsers);
        await rest.call(ownerToken, 'member.invite', { channelId: channel.id, userIds });
      }
      return { id: channel.id, members, reader: ownerToken, firstSeq: channel.lastSeq, isDirect: false };
    },
    onProgress,
  );
}

/** Archives the channels. Conversations of two cannot be archived; their users are put away. */
export async function archiveRooms(
  rest: Rest,
  ownerToken: string,
  rooms: readonly Room[],
  onProgress: (done: number) => void,
): Promise<void> {
  await inParallel(
    rooms.filter((room) => !room.isDirect),
    ({ id }) => rest.call(ownerToken, 'channel.archive', { channelId: id, on: true }),
    onProgress,
  );
}
