import { z } from 'zod';
import { operation } from './operation.ts';
import { plainId, timeMs } from './scalars.ts';

export const attachmentOperations = {
  'attachment.url': operation('attachment.url', {
    summary:
      'An address of an attachment that works for some minutes without a token, for images and players. Who loses access loses it there too.',
    rest: 'POST /attachments/:attachmentId/url',
    scope: 'read',
    policy: 'read',
    input: z.strictObject({ attachmentId: plainId }),
    output: z.strictObject({
      url: z.string().meta({ description: 'Path on this server.' }),
      expiresAt: timeMs,
    }),
  }),
};
