import { ParleyError } from '@parley/client';
import type { MessageKey } from '../i18n/catalogue.ts';
import { en } from '../i18n/en.ts';
import type { Words } from '../i18n/language.ts';

/** Says in the user's words what went wrong, and nothing that only a programmer could use. */
export function errorText({ t }: Pick<Words, 't'>, error: unknown): string {
  if (!(error instanceof ParleyError)) return t('error.internal');
  if (error.code === 'rate_limited' && error.retryAfterMs !== undefined) {
    return t('error.rate_limited_for', { count: Math.max(1, Math.ceil(error.retryAfterMs / 1_000)) });
  }
  const key = `error.${error.code}`;
  return isTextKey(key) ? t(key) : t('error.unknown', { code: error.code });
}

type PlainErrorKey = Exclude<Extract<MessageKey, `error.${string}`>, 'error.unknown' | 'error.rate_limited_for'>;

function isTextKey(key: string): key is PlainErrorKey {
  return Object.hasOwn(en, key);
}
