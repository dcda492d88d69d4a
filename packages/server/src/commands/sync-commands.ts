import type { Sync } from '../sync/sync.ts';
import type { Handlers } from './handler.ts';

export interface SyncRooms {
  readonly sync: Sync;
}

/** How a client mends a gap in what it has of a channel. */
export function syncHandlers({ sync }: SyncRooms): Pick<Handlers, 'sync.changes'> {
  return {
    'sync.changes': ({ channelId, since }, { actor }) => sync.changesFor(actor.userId, channelId, since),
  };
}
