import { z } from 'zod';
import { channelView, joinedChannel, memberView } from './channel.ts';
import { LIMITS } from './limits.ts';
import { messageView } from './message.ts';
import { operation } from './operation.ts';
import { channelId, rev, seq, userId } from './scalars.ts';

/** What happened to the members of one channel since a rev. */
const memberChanges = z.strictObject({
  joined: z.array(memberView).meta({ description: 'Who joined or changed role, as they are now.' }),
  left: z.array(userId),
});

export const changes = z
  .strictObject({
    channelId,
    from: rev.meta({ description: 'The rev that these changes continue from.' }),
    rev: rev.meta({ description: 'The rev that the client has after applying them.' }),
    reset: z.boolean().meta({
      description: 'True: too much happened, nothing is given. Drop what was kept of this channel and load pages.',
    }),
    channel: channelView.optional().meta({ description: 'Given when the channel itself changed, and with a reset.' }),
    messages: z
      .array(messageView)
      .meta({ description: 'Current states of all messages changed since, thread replies included, by rising rev.' }),
    members: memberChanges.optional(),
  })
  .meta({
    id: 'Changes',
    description: 'All that changed in a root channel after `from`, whole or a reset; never a part.',
  });
export type Changes = z.infer<typeof changes>;

/** `[channelId, rev]`: what the client has of a channel. */
export const resumePoint = z.tuple([channelId, rev]).meta({ id: 'ResumePoint' });
export type ResumePoint = z.infer<typeof resumePoint>;

export const resume = z
  .strictObject({
    epoch: z.string().max(64).meta({ description: 'The epoch of the welcome under which the revs were learned.' }),
    channels: z.array(resumePoint).max(LIMITS.resumeChannels),
    more: z
      .boolean()
      .optional()
      .meta({ description: 'True: further `resume` frames follow; the sync comes after the last.' }),
  })
  .meta({ id: 'Resume' });
export type Resume = z.infer<typeof resume>;

/** `[channelId, lastSeq, readSeq, deliveredSeq, mentions]` of a channel that is otherwise unchanged. */
export const cursorRow = z.tuple([channelId, seq, seq, seq, z.int().min(0)]).meta({ id: 'CursorRow' });
export type CursorRow = z.infer<typeof cursorRow>;

export const syncFrame = z
  .strictObject({
    t: z.literal('sync'),
    reset: z.boolean().meta({ description: 'True when the epoch is another one: forget everything first.' }),
    joined: z.array(joinedChannel).meta({ description: 'Channels the client did not name, whole.' }),
    gone: z.array(channelId).meta({ description: 'Channels the client named and may no longer see.' }),
    changes: z.array(changes).meta({ description: 'One entry for each named channel that moved on.' }),
    cursors: z.array(cursorRow).meta({ description: 'The caller’s cursors in each named channel.' }),
    done: z.boolean().meta({ description: 'True on the last frame: the client now has everything.' }),
  })
  .meta({ id: 'SyncFrame' });
export type SyncFrame = z.infer<typeof syncFrame>;

export const syncOperations = {
  'sync.changes': operation('sync.changes', {
    summary: 'All that changed in a root channel after a rev: how a client mends a gap.',
    rest: 'GET /channels/:channelId/changes',
    scope: 'read',
    policy: 'read',
    input: z.strictObject({ channelId, since: z.coerce.number().int().min(0) }),
    output: changes,
  }),
};
