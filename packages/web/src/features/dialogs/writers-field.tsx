import type { ChannelView } from '@parley/protocol';
import { type Action, DEFAULT_PERMISSIONS, type Role } from '@parley/protocol/constants';
import { useWords } from '../../i18n/use-words.ts';
import { SelectField } from '../../ui/select-field.tsx';

type Permissions = ChannelView['permissions'];

/** Who starts conversations in a channel. `custom` is what somebody has set up by other means. */
export const WRITERS = ['everybody', 'members', 'admins'] as const;
export type Writers = (typeof WRITERS)[number];

/** Replies in threads stay open to all: an announcement may be talked about. */
const STARTING: readonly Action[] = ['message.send', 'message.attach', 'mention.everyone'];
const SILENT: Readonly<Record<Writers, readonly Role[]>> = {
  everybody: [],
  members: ['guest'],
  admins: ['member', 'guest'],
};

/** The permissions of a channel with its writers changed, everything else as it was. */
export function withWriters(permissions: Permissions, writers: Writers): Permissions {
  const changed: Record<string, Action[]> = {};
  for (const role of ['admin', 'member', 'guest'] as const) {
    const own = permissions[role] ?? [...DEFAULT_PERMISSIONS[role]];
    const defaults = DEFAULT_PERMISSIONS[role];
    const rest = own.filter((action) => !STARTING.includes(action));
    const starting = SILENT[writers].includes(role) ? [] : STARTING.filter((action) => defaults.includes(action));
    const actions = [...rest, ...starting];
    if (!isSame(actions, defaults)) changed[role] = actions;
  }
  return changed;
}

/** Who may write with these permissions; null when it is none of the usual ways. */
export function writersOf(permissions: Permissions): Writers | null {
  const maySend = (role: Role) => (permissions[role] ?? DEFAULT_PERMISSIONS[role]).includes('message.send');
  if (!maySend('admin')) return null;
  return (
    WRITERS.find((writers) =>
      (['member', 'guest'] as const).every((role) => maySend(role) !== SILENT[writers].includes(role)),
    ) ?? null
  );
}

function isSame(a: readonly Action[], b: readonly Action[]): boolean {
  return a.length === b.length && a.every((action) => b.includes(action));
}

interface WritersFieldProps {
  readonly value: Writers | null;
  readonly onChange: (writers: Writers) => void;
}

/** Chooses who may write in a channel. */
export function WritersField({ value, onChange }: WritersFieldProps) {
  const { t } = useWords();
  return (
    <SelectField label={t('channel.writers')} value={value ?? ''} onChange={(chosen) => onChange(chosen as Writers)}>
      {value === null && <option value="">{t('channel.writers.custom')}</option>}
      {WRITERS.map((writers) => (
        <option key={writers} value={writers}>
          {t(`channel.writers.${writers}`)}
        </option>
      ))}
    </SelectField>
  );
}
