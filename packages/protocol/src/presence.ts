import { z } from 'zod';
import { LIMITS } from './limits.ts';
import { operation } from './operation.ts';
import { channelId, timeMs, userId } from './scalars.ts';
import { emojiSchema, lineSchema } from './text.ts';
import { nothing } from './user.ts';

export const presenceData = z
  .strictObject({
    userId,
    status: z.enum(['online', 'away', 'offline']),
    lastSeen: timeMs
      .nullable()
      .meta({ description: 'When the user was last known to be here; null: never, or not told.' }),
    isTyping: z.boolean().optional(),
    doNotDisturb: z.boolean().optional(),
    statusText: z.string().optional(),
    statusEmoji: z.string().optional(),
    statusUntil: timeMs.optional(),
    availability: z
      .enum(['online', 'away', 'invisible'])
      .optional()
      .meta({ description: 'What the user has chosen; told to nobody else.' }),
  })
  .meta({ id: 'PresenceData' });
/** Where a person is, as the mission names it. */
export type PresenceData = z.infer<typeof presenceData>;

export const presenceOperations = {
  'presence.set': operation('presence.set', {
    summary: 'Sets this device’s state, or the caller’s availability and status text.',
    rest: 'PUT /me/presence',
    scope: 'write',
    policy: 'signal',
    input: z.strictObject({
      idle: z.boolean().optional().meta({
        description: 'Whether this device is left alone. The user is away while all of his devices are.',
      }),
      status: z.enum(['online', 'away', 'invisible']).optional().meta({
        description: 'What the user chooses, for all devices and until he chooses otherwise; `online` follows them.',
      }),
      doNotDisturb: z.boolean().optional(),
      statusText: lineSchema(LIMITS.statusTextCodePoints, 0).optional(),
      statusEmoji: z.union([z.literal(''), emojiSchema]).optional(),
      statusForMs: z
        .int()
        .min(60_000)
        .max(30 * 86_400_000)
        .nullable()
        .optional()
        .meta({
          description: 'How long text and emoji stand; null, or left out with a new one: until they are changed.',
        }),
    }),
    output: nothing,
  }),
  'presence.watch': operation('presence.watch', {
    summary: 'Chooses whose presence this socket hears of, in place of the earlier choice; answers with their states.',
    scope: 'read',
    policy: 'signal',
    input: z.strictObject({ userIds: z.array(userId).max(LIMITS.presenceUsers) }),
    output: z.strictObject({ presence: z.array(presenceData) }),
  }),
  'presence.get': operation('presence.get', {
    summary: 'The presence of users that the caller shares the server with.',
    rest: 'GET /presence',
    scope: 'read',
    policy: 'read',
    input: z.strictObject({
      userIds: z.preprocess(
        (value) => (typeof value === 'string' ? value.split(',') : value),
        z.array(userId).max(LIMITS.presenceUsers),
      ),
    }),
    output: z.strictObject({ presence: z.array(presenceData) }),
  }),
  'typing.set': operation('typing.set', {
    summary: 'Says that the caller types in a channel or thread, or has stopped; it lapses by itself after 6 s.',
    scope: 'write',
    policy: 'signal',
    input: z.strictObject({ channelId, on: z.boolean() }),
    output: nothing,
  }),
};
