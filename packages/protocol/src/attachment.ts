import { z } from 'zod';
import { LIMITS } from './limits.ts';
import { operation } from './operation.ts';
import { plainId, timeMs } from './scalars.ts';
import { isCleanText } from './text.ts';

const durationMs = z.int().min(0).max(LIMITS.clipDurationMs);
const waveform = z.array(z.int().min(0).max(100)).max(LIMITS.waveformPoints);

export const attachmentView = z
  .strictObject({
    id: plainId,
    name: z.string(),
    type: z.string().meta({ description: 'Media type, sniffed from the content.' }),
    size: z.int().min(0).meta({ description: 'Bytes.' }),
    width: z.int().optional(),
    height: z.int().optional(),
    placeholder: z
      .string()
      .optional()
      .meta({ description: 'A `data:` address of a few pixels, to show blurred until the image is here.' }),
    thumbnail: z
      .strictObject({ width: z.int(), height: z.int() })
      .optional()
      .meta({ description: 'There is a small version, of this size: `variant=thumbnail`.' }),
    durationMs: durationMs.optional().meta({ description: 'Of audio and video, as its sender says.' }),
    waveform: waveform
      .optional()
      .meta({ description: 'Loudness of a voice clip from its start to its end, 0 to 100, as its sender says.' }),
  })
  .meta({ id: 'Attachment' });

export type AttachmentView = z.infer<typeof attachmentView>;

/** The original, or the small version of an image. */
const variant = z.enum(['original', 'thumbnail']);
export type AttachmentVariant = z.infer<typeof variant>;

export const attachmentOperations = {
  'attachment.url': operation('attachment.url', {
    summary:
      'An address of an attachment that works for some minutes without a token, for images and players. Who loses access loses it there too.',
    rest: 'POST /attachments/:attachmentId/url',
    scope: 'read',
    policy: 'read',
    input: z.strictObject({ attachmentId: plainId, variant: variant.optional() }),
    output: z.strictObject({
      url: z.string().meta({ description: 'Path on this server.' }),
      expiresAt: timeMs,
    }),
  }),
};

/** What moves bytes: at the REST door only, with a body or an answer that is no JSON. */
export const FILE_OPERATIONS = {
  'attachment.upload': operation('attachment.upload', {
    summary:
      'Stores a file, whose bytes are the body; a message then names its id. The client makes the id and repeats with it until it has an answer; a repeat gives the first result.',
    rest: 'POST /attachments',
    door: 'rest',
    scope: 'write',
    policy: 'upload',
    input: z.strictObject({
      id: plainId.optional().meta({ description: 'Made by the server when left out.' }),
      name: z.string().max(1_024).refine(isCleanText, { message: 'bad_text' }).default(''),
      durationMs: z.coerce.number().int().min(0).max(LIMITS.clipDurationMs).optional(),
      waveform: z
        .preprocess((value) => (typeof value === 'string' ? value.split(',').map(Number) : value), waveform)
        .optional()
        .meta({ description: 'Loudness from start to end, 0 to 100.' }),
    }),
    output: z.strictObject({ attachment: attachmentView }),
  }),
  'attachment.get': operation('attachment.get', {
    summary: 'The bytes of an attachment, or of a range of it, for those who may read its message.',
    rest: 'GET /attachments/:attachmentId',
    door: 'rest',
    scope: 'read',
    policy: 'read',
    input: z.strictObject({
      attachmentId: plainId,
      variant: variant.optional(),
      ticket: z
        .string()
        .max(512)
        .optional()
        .meta({ description: 'In place of a token: part of the address that `attachment.url` gives.' }),
    }),
    output: z.string().meta({ format: 'binary' }),
  }),
};

export type FileOperationName = keyof typeof FILE_OPERATIONS;
