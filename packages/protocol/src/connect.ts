import { z } from 'zod';
import { flagValue } from './flag.ts';
import { LIMITS } from './limits.ts';
import { channelId, rev, timeMs } from './scalars.ts';
import { resume } from './sync.ts';
import { userView } from './user.ts';

/** The first frame of every socket: who one is, and what one already has. */
export const helloFrame = z
  .strictObject({
    t: z.literal('hello'),
    protocol: z.int().min(1),
    token: z
      .string()
      .min(1)
      .max(4_096)
      .optional()
      .meta({ description: 'Session token, API key or host JWT; left out when it came in the Authorization header.' }),
    client: z
      .string()
      .max(100)
      .optional()
      .meta({ description: 'Name and version of the client, for the session list and logs.' }),
    resume: resume.optional(),
  })
  .meta({ id: 'HelloFrame' });
export type HelloFrame = z.infer<typeof helloFrame>;

export const pingFrame = z
  .strictObject({ t: z.literal('ping') })
  .meta({ id: 'PingFrame', description: 'Asks for a sign of life; browsers cannot send protocol pings.' });

/** More resume points, for clients with more channels than one `hello` holds. */
export const resumeFrame = resume.extend({ t: z.literal('resume') }).meta({ id: 'ResumeFrame' });
export type ResumeFrame = z.infer<typeof resumeFrame>;

export const welcomeFrame = z
  .strictObject({
    t: z.literal('welcome'),
    protocol: z.int(),
    server: z.string().meta({ description: 'Name and version.' }),
    node: z.string(),
    sessionId: z.string().meta({ description: 'What a revocation of this credential names.' }),
    user: userView,
    epoch: z.string().meta({ description: 'Names this history. Another epoch means that revs seen before are void.' }),
    now: timeMs,
    heartbeatInterval: z
      .int()
      .meta({ description: 'Milliseconds: silence for longer than twice this means the socket is dead.' }),
    reconnectAttempts: z
      .int()
      .meta({ description: 'How often a client tries again before it tells its user; 0 means for ever.' }),
    durability: z
      .enum(['disk', 'memory'])
      .meta({ description: 'What an acknowledgement means: `disk` survives a crash of the machine.' }),
    flags: z.record(z.string(), flagValue).meta({ description: 'Feature flags of the user.' }),
  })
  .meta({ id: 'WelcomeFrame' });
export type WelcomeFrame = z.infer<typeof welcomeFrame>;

/** The answer to a ping, with the tops of channels that moved lately: how a client sees a loss on a healthy socket. */
export const pongFrame = z
  .strictObject({
    t: z.literal('pong'),
    now: timeMs,
    tops: z.array(z.tuple([channelId, rev])).max(LIMITS.resumeChannels),
  })
  .meta({ id: 'PongFrame' });
export type PongFrame = z.infer<typeof pongFrame>;

export const drainFrame = z.strictObject({ t: z.literal('drain'), reconnectInMs: z.int().min(0) }).meta({
  id: 'DrainFrame',
  description: 'This node is going away: connect again after the given wait; sends still work until then.',
});
export type DrainFrame = z.infer<typeof drainFrame>;
