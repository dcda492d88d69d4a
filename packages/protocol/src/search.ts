import { z } from 'zod';
import { LIMITS } from './limits.ts';
import { messageView } from './message.ts';
import { operation } from './operation.ts';
import { channelId, cursor } from './scalars.ts';
import { isCleanText, isWithinCodePoints } from './text.ts';

const query = z
  .string()
  .max(LIMITS.searchCodePoints * 2)
  .refine(isCleanText, { message: 'bad_text' })
  .refine((text) => isWithinCodePoints(text, LIMITS.searchCodePoints), {
    message: `at most ${LIMITS.searchCodePoints} characters`,
  })
  .meta({
    description:
      'Words (each also finds longer ones that start so), "phrases", -words to leave out, and the filters from:user, in:channel, before:date, after:date and has:link|file|reaction|pin. Dates are years, months or days of UTC.',
  });

const highlight = z
  .strictObject({ start: z.int().min(0), end: z.int().min(1) })
  .meta({ id: 'Highlight', description: 'A part of the body that was looked for, counted in UTF-16 code units.' });
export type Highlight = z.infer<typeof highlight>;

export const searchResult = z
  .strictObject({ message: messageView, highlights: z.array(highlight) })
  .meta({ id: 'SearchResult' });
export type SearchResult = z.infer<typeof searchResult>;

export const searchPage = z
  .strictObject({
    results: z.array(searchResult).meta({ description: 'Newest first.' }),
    nextCursor: z.string().nullable().meta({
      description: 'A page may be short, or empty, although there is more: go on until this is null.',
    }),
  })
  .meta({ id: 'SearchPage' });
export type SearchPage = z.infer<typeof searchPage>;

export const searchOperations = {
  'message.search': operation('message.search', {
    summary: 'Searches the channels that the caller is in, and their threads.',
    rest: 'GET /search',
    scope: 'read',
    policy: 'search',
    input: z.strictObject({
      query,
      channelId: channelId.optional().meta({ description: 'Only in this channel or thread.' }),
      cursor: cursor.optional(),
      limit: z.coerce.number().int().min(1).max(LIMITS.searchResults).default(20),
    }),
    output: searchPage,
  }),
};
