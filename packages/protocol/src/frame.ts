import { z } from 'zod';
import { drainFrame, helloFrame, pingFrame, pongFrame, resumeFrame, welcomeFrame } from './connect.ts';
import { ERROR_CODES, type ErrorCode } from './error-code.ts';
import {
  changesEvent,
  channelEvent,
  cursorEvent,
  flagsEvent,
  joinedEvent,
  membersEvent,
  messageEvent,
  presenceEvent,
  receiptsEvent,
  typingEvent,
  userEvent,
} from './event.ts';
import type { OperationName, RequestOf } from './operations.ts';
import { syncFrame } from './sync.ts';

/** A command frame: `t` names the operation, `ref` returns in the one answer, `d` is its input. */
export interface CommandFrame<Name extends OperationName = OperationName> {
  readonly t: Name;
  readonly ref: number;
  readonly d: RequestOf<Name>;
}

/** The envelope of a command before its operation is known. */
export const commandEnvelope = z
  .strictObject({ t: z.string().max(64), ref: z.int().min(0), d: z.record(z.string(), z.unknown()).default({}) })
  .meta({ id: 'CommandFrame' });

export const okFrame = z
  .strictObject({ t: z.literal('ok'), ref: z.int(), d: z.unknown() })
  .meta({ id: 'OkFrame', description: 'The command succeeded; `d` is the output of its operation.' });
export interface OkFrame {
  readonly t: 'ok';
  readonly ref: number;
  readonly d: unknown;
}

export const errorFrame = z
  .strictObject({
    t: z.literal('error'),
    ref: z
      .int()
      .nullable()
      .meta({ description: 'The command it answers; null when the frame could not be read so far.' }),
    code: z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]),
    message: z.string(),
    retryAfterMs: z.int().min(0).optional(),
    issues: z
      .array(z.strictObject({ path: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'What is wrong where, for `bad_request`.' }),
  })
  .meta({ id: 'ErrorFrame' });
export type ErrorFrame = z.infer<typeof errorFrame>;

/** All frames a server sends. */
export const downFrames = {
  welcome: welcomeFrame,
  sync: syncFrame,
  ok: okFrame,
  error: errorFrame,
  pong: pongFrame,
  drain: drainFrame,
  message: messageEvent,
  channel: channelEvent,
  members: membersEvent,
  changes: changesEvent,
  joined: joinedEvent,
  cursor: cursorEvent,
  receipts: receiptsEvent,
  presence: presenceEvent,
  typing: typingEvent,
  user: userEvent,
  flags: flagsEvent,
} as const;

/** A frame that the server sends. */
export type DownFrame = {
  [Name in keyof typeof downFrames]: z.infer<(typeof downFrames)[Name]>;
}[keyof typeof downFrames];

/** Frames a client sends besides commands. */
export const upFrames = { hello: helloFrame, resume: resumeFrame, ping: pingFrame } as const;
