import { z } from 'zod';
import type { ChannelId, MessageId, SessionId, UserId } from './ids.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const id = <Id extends string>() =>
  z.string().length(36).regex(UUID, { message: 'must be a UUID in lower case' }) as unknown as z.ZodType<Id, Id>;

export const userId = id<UserId>();
export const channelId = id<ChannelId>();
export const messageId = id<MessageId>();
export const sessionId = id<SessionId>();
export const plainId = z.string().length(36).regex(UUID, { message: 'must be a UUID in lower case' });

/** A place in a channel: messages 1, 2, 3 … without a hole. 0 means before the first. */
export const seq = z.int().min(0).meta({ description: "A message's place in its channel: 1, 2, 3 … without a hole." });

/** A change's place in a root channel: 1, 2, 3 … without a hole. 0 means before the first. */
export const rev = z
  .int()
  .min(0)
  .meta({ description: "A change's place in its root channel: 1, 2, 3 … without a hole." });

/** Milliseconds since 1970-01-01 UTC. */
export const timeMs = z.int().min(0).meta({ description: 'Milliseconds since 1970-01-01 UTC.' });

/** A time that is asked for, at most the last that JavaScript and PostgreSQL can both tell. */
export const askedTimeMs = z.coerce.number().int().min(0).max(8_640_000_000_000_000);

/** An opaque position in a list, made by the server. */
export const cursor = z.string().min(1).max(512);
