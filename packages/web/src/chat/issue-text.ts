import type { MessageKey } from '../i18n/catalogue.ts';
import type { Words } from '../i18n/language.ts';

/** What the server says of a field is for programmers, and in English. These are the cases that a form can come to. */
const KNOWN: Readonly<Record<string, Extract<MessageKey, `issue.${string}` | 'error.bad_text'>>> = {
  'must not be empty': 'issue.empty',
  'is a word that calls everyone': 'issue.reserved',
  bad_text: 'error.bad_text',
};

/** Says in the user's words what is wrong with a field. */
export function issueText({ t }: Pick<Words, 't'>, message: string): string {
  return t((Object.hasOwn(KNOWN, message) ? KNOWN[message] : undefined) ?? 'issue.other');
}
