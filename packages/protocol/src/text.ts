import { z } from 'zod';
import { LIMITS } from './limits.ts';

const encoder = new TextEncoder();
const TOO_MANY_MARKS = new RegExp(`\\p{M}{${LIMITS.combiningMarks + 1}}`, 'u');
// Controls break terminals and logs; bidi overrides let a name imitate another. Line feed and tab are for message bodies only.
const CONTROLS = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;
// biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is exactly what must be found; PostgreSQL cannot store it.
const UNSTORABLE = /\u0000/;

/** True for text that PostgreSQL can store and a screen can show: no NUL, no lone surrogate, no tower of combining marks. */
export function isCleanText(text: string): boolean {
  return !UNSTORABLE.test(text) && isWellFormed(text) && !TOO_MANY_MARKS.test(text);
}

function isWellFormed(text: string): boolean {
  // A lone surrogate matches \p{Cs} under the u flag; a proper pair is one code point and does not.
  return !/\p{Cs}/u.test(text);
}

/** Counts code points, stopping early above `max`: a long text costs no more than a legal one. */
export function isWithinCodePoints(text: string, max: number): boolean {
  if (text.length <= max) return true;
  if (text.length > max * 2) return false;
  let count = 0;
  for (const _ of text) if (++count > max) return false;
  return true;
}

const clean = (schema: z.ZodString) => schema.refine(isCleanText, { message: 'bad_text' }).normalize('NFC');

/** The text of a message, normalised to NFC; may be empty only where attachments stand for it. */
export const bodySchema = clean(z.string().max(LIMITS.bodyCodePoints * 2))
  .refine((text) => isWithinCodePoints(text, LIMITS.bodyCodePoints), {
    message: `at most ${LIMITS.bodyCodePoints} characters`,
  })
  .refine((text) => encoder.encode(text).length <= LIMITS.bodyBytes, { message: `at most ${LIMITS.bodyBytes} bytes` });

/** One line of text that people see as a label: trimmed, no controls, no bidi overrides. */
export function lineSchema(maxCodePoints: number, minLength = 1) {
  return clean(z.string().max(maxCodePoints * 2))
    .trim()
    .refine((text) => text.length >= minLength, { message: 'must not be empty' })
    .refine((text) => isWithinCodePoints(text, maxCodePoints), { message: `at most ${maxCodePoints} characters` })
    .refine((text) => !CONTROLS.test(text), { message: 'must be one line without control characters' });
}

/** Written after an @ these call everyone, so nobody can be called so. */
const CALLS_EVERYONE = new Set(['here', 'channel']);

/** A user name: 2 to 32 of a-z, 0-9, dot, dash and underscore; compared in lower case, so no look-alikes by case. */
export const usernameSchema = z
  .string()
  .toLowerCase()
  .regex(/^[a-z0-9](?:[a-z0-9._-]{0,30}[a-z0-9])$/, {
    message: '2 to 32 of a-z 0-9 . _ - (letter or digit at both ends)',
  })
  .refine((name) => !CALLS_EVERYONE.has(name), { message: 'is a word that calls everyone' });

/** An emoji as Unicode text or as a `:name:`; never free text. */
// One class, which holds joiners and selectors too, not alternatives: a character that is in several would double the time at each place where nothing fits in the end.
export const emojiSchema = z
  .string()
  .max(LIMITS.emojiLength)
  .regex(
    /^(?::[a-z0-9_+-]{1,40}:|(?=.*(?:\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20e3))[\p{Extended_Pictographic}\p{Emoji_Component}\p{Emoji_Presentation}]+)$/u,
    {
      message: 'must be one emoji',
    },
  )
  .refine(isCleanText, { message: 'bad_text' });
