/** What a user name may be, as the server has it. */
export const USERNAME_PATTERN = '[a-z0-9](?:[a-z0-9._\\-]{0,30}[a-z0-9])';

/** A user name made of a person's name: `Ada Lovelace` becomes `ada.lovelace`. May be empty. */
export function suggestUsername(name: string): string {
  return name
    .normalize('NFKD')
    .replaceAll('ß', 'ss')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .trim()
    .replace(/[^a-z0-9]+/g, '.')
    .slice(0, 32)
    .replace(/^\.+|\.+$/g, '');
}
