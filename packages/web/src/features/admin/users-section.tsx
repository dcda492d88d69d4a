import type { UserView } from '@parley/protocol';
import { isAtLeast, ROLES } from '@parley/protocol/constants';
import { Ellipsis, KeyRound, Search, UserCheck, UserPlus, UserX } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';
import { useMe } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { Button, IconButton } from '../../ui/button.tsx';
import { Menu, type MenuItem } from '../../ui/menu.tsx';
import { Spinner } from '../../ui/spinner.tsx';
import { TextField } from '../../ui/text-field.tsx';
import { Problem } from '../entrance/problem.tsx';
import { useAttempt } from '../message/use-message-actions.ts';
import { useAnswer } from '../settings/use-answer.ts';
import { CreateUserDialog } from './create-user-dialog.tsx';
import { PasswordDialog } from './password-dialog.tsx';

/** Everybody with an account: roles, passwords, and who may still come in. */
export function UsersSection() {
  const { t } = useWords();
  const [query, setQuery] = useState('');
  const [isCreating, setCreating] = useState(false);
  const input = useMemo(() => ({ limit: 200, ...(query.trim() === '' ? {} : { query: query.trim() }) }), [query]);
  const { output, problem, reload } = useAnswer('user.list', input);
  return (
    <section className="section-part">
      <div className="section-head">
        <h2>{t('admin.users')}</h2>
        <Button icon={UserPlus} look="primary" onClick={() => setCreating(true)}>
          {t('admin.createUser')}
        </Button>
      </div>
      <TextField
        label={t('admin.searchUsers')}
        hidesLabel
        type="search"
        placeholder={t('admin.searchUsers')}
        value={query}
        onChange={(event) => setQuery(event.target.value)}
        before={<Search size={16} aria-hidden="true" />}
      />
      <Problem text={problem} />
      {output === null && problem === null && <Spinner />}
      <ul className="rows">
        {output?.users.map((user) => (
          <UserRow key={user.id} user={user} onChange={reload} />
        ))}
      </ul>
      {isCreating && (
        <CreateUserDialog
          onClose={() => {
            setCreating(false);
            reload();
          }}
        />
      )}
    </section>
  );
}

function UserRow({ user, onChange }: { readonly user: UserView; readonly onChange: () => void }) {
  const { t } = useWords();
  const me = useMe();
  const client = useClient();
  const attempt = useAttempt();
  const [isSetting, setSetting] = useState(false);
  const isOff = user.deactivated === true;
  const ownRole = me?.role ?? 'guest';
  const mayRule = user.id !== me?.id && isAtLeast(ownRole, user.role);
  const update = (change: { role?: UserView['role']; deactivated?: boolean }) =>
    attempt(client.call('user.update', { userId: user.id, ...change }).then(onChange));
  const items: readonly MenuItem[] = [
    ...ROLES.filter((role) => isAtLeast(ownRole, role)).map((role) => ({
      label: t(`role.${role}`),
      isChecked: role === user.role,
      onSelect: () => update({ role }),
    })),
    ...(user.kind === 'human'
      ? [{ label: t('admin.setPassword'), icon: KeyRound, startsGroup: true, onSelect: () => setSetting(true) }]
      : []),
    {
      label: isOff ? t('admin.activate') : t('admin.deactivate'),
      icon: isOff ? UserCheck : UserX,
      isDanger: !isOff,
      startsGroup: user.kind !== 'human',
      onSelect: () => update({ deactivated: !isOff }),
    },
  ];
  return (
    <li>
      <Avatar id={user.id} name={user.displayName} isBot={user.kind === 'bot'} />
      <div className="member-names">
        <strong>
          <bdi>{user.displayName}</bdi>
        </strong>
        <span>@{user.username}</span>
      </div>
      {user.kind === 'bot' && <span className="tag">{t('message.bot')}</span>}
      {isOff && <span className="tag">{t('admin.deactivated')}</span>}
      <span className="tag">{t(`role.${user.role}`)}</span>
      {mayRule && (
        <Menu
          label={t('members.menu', { name: user.displayName })}
          items={items}
          trigger={(props) => (
            <IconButton {...props} icon={Ellipsis} size="small" label={t('members.menu', { name: user.displayName })} />
          )}
        />
      )}
      {isSetting && <PasswordDialog user={user} onClose={() => setSetting(false)} />}
    </li>
  );
}
