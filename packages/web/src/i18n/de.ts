import type { Catalogue } from './catalogue.ts';

/** German. */
export const de: Catalogue = {
  'common.close': 'Schließen',
  'message.copied': 'Kopiert',
  'message.copyFailed': 'Kopieren nicht möglich: Der Browser erlaubt es nicht',
  'message.copyCode': 'Code kopieren',
  'list.unread': { one: '{count} ungelesene Nachricht', other: '{count} ungelesene Nachrichten' },
};
