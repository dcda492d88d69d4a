import type { AccessDirectory } from '../channels/access.ts';
import { demand } from '../channels/permissions.ts';
import { AppError } from '../lib/app-error.ts';
import type { Sync } from '../sync/sync.ts';
import type { Handlers } from './handler.ts';

export interface SyncRooms {
  readonly access: AccessDirectory;
  readonly sync: Sync;
}

/** How a client mends a gap in what it has of a channel. */
export function syncHandlers({ access, sync }: SyncRooms): Pick<Handlers, 'sync.changes'> {
  return {
    'sync.changes': async ({ channelId, since }, { actor }) => {
      const found = demand(await access.read(actor.userId, channelId), 'message.history');
      if (found.channel.kind === 'thread') {
        throw new AppError('bad_request', 'unable to read the changes; ask for those of the root channel');
      }
      return sync.changes(channelId, since);
    },
  };
}
