import { lineSchema, usernameSchema } from '@parley/protocol';
import { expect, test } from 'vitest';
import { de } from '../i18n/de.ts';
import { makeTranslator } from '../i18n/translate.ts';
import { issueText } from './issue-text.ts';

const german = makeTranslator('de', de);

test.each([
  [lineSchema(80), '', 'Hier muss etwas stehen.'],
  [usernameSchema, 'here', 'Dieses Wort ruft alle, deshalb kann niemand so heißen.'],
  [usernameSchema, '-', 'So nimmt der Server das nicht an.'],
])('what is wrong with a field is said in the user’s language', (schema, value, text) => {
  const message = schema.safeParse(value).error?.issues[0]?.message ?? '';
  expect(issueText(german, message)).toBe(text);
});
