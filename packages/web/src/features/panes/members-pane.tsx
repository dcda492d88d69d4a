import type { ChannelSummary } from '@parley/client';
import type { MemberView, UserView } from '@parley/protocol';
import { isAtLeast, ROLES } from '@parley/protocol/constants';
import { Ban, Ellipsis, MessageCircle, Search, UserMinus, UserPlus } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';
import { openDirect } from '../../chat/open-direct.ts';
import { mayIn } from '../../chat/permissions.ts';
import { useChannel, useMe, useMembers, useUsers } from '../../chat/use-chat.ts';
import { useMemberSearch, withLoaded } from '../../chat/use-member-search.ts';
import { useWords } from '../../i18n/use-words.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Menu, type MenuItem } from '../../ui/menu.tsx';
import { TextField } from '../../ui/text-field.tsx';
import { rankPeople } from '../composer/rank-people.ts';
import { AddMembersDialog } from '../dialogs/add-members-dialog.tsx';
import { useAttempt } from '../message/use-message-actions.ts';
import { PresenceAvatar } from '../presence/presence-avatar.tsx';
import { PaneFrame } from './pane.tsx';

/** From here on a list needs a search. */
const SEARCH_FROM = 9;

/** Who is in the channel, and what may be done about it. */
export function MembersPane({ info, onClose }: { readonly info: ChannelSummary; readonly onClose: () => void }) {
  const { t } = useWords();
  const { members, isComplete } = useMembers(info.id);
  const channel = useChannel(info.id);
  const attempt = useAttempt();
  const users = useUsers(members.map(({ userId }) => userId));
  const [query, setQuery] = useState('');
  const [isAdding, setAdding] = useState(false);
  const found = useMemberSearch(info.id, isComplete ? '' : query.trim(), members);
  const shown = useMemo(() => {
    const roles = new Map([...found.members, ...members].map((member) => [member.userId, member]));
    return rankPeople(withLoaded(found.users, users), query.trim()).flatMap((user) => {
      const member = roles.get(user.id);
      return member === undefined ? [] : { user, member };
    });
  }, [found, members, users, query]);
  return (
    <PaneFrame
      title={t('members.title')}
      subtitle={t('channel.members', { count: info.channel.memberCount })}
      onClose={onClose}
      actions={
        mayIn(info, 'member.invite') && (
          <IconButton icon={UserPlus} label={t('members.add')} onClick={() => setAdding(true)} />
        )
      }
    >
      <div className="pane-body">
        {info.channel.memberCount >= SEARCH_FROM && (
          <TextField
            label={t('members.search')}
            hidesLabel
            type="search"
            placeholder={t('members.search')}
            value={query}
            onChange={(event) => setQuery(event.target.value)}
            before={<Search size={16} aria-hidden="true" />}
          />
        )}
        <ul>
          {shown.map(({ user, member }) => (
            <MemberRow key={user.id} info={info} user={user} member={member} />
          ))}
        </ul>
        {!isComplete && members.length > 0 && (
          <Button onClick={() => attempt(channel.loadMembers())}>{t('common.more')}</Button>
        )}
      </div>
      {isAdding && <AddMembersDialog info={info} onClose={() => setAdding(false)} />}
    </PaneFrame>
  );
}

interface MemberRowProps {
  readonly info: ChannelSummary;
  readonly user: UserView;
  readonly member: MemberView;
}

function MemberRow({ info, user, member }: MemberRowProps) {
  const { t } = useWords();
  const me = useMe();
  const items = useMemberMenu(info, user, member);
  return (
    <li className="member-row">
      <PresenceAvatar user={user} />
      <div className="member-names">
        <strong>
          <bdi>{user.displayName}</bdi>
          {user.id === me?.id && ` (${t('common.you')})`}
        </strong>
        <span>@{user.username}</span>
      </div>
      {member.role !== 'member' && <span className="tag">{t(`role.${member.role}`)}</span>}
      {items.length > 0 && (
        <Menu
          label={t('members.menu', { name: user.displayName })}
          items={items}
          trigger={(props) => (
            <IconButton {...props} icon={Ellipsis} size="small" label={t('members.menu', { name: user.displayName })} />
          )}
        />
      )}
    </li>
  );
}

function useMemberMenu(info: ChannelSummary, user: UserView, member: MemberView): readonly MenuItem[] {
  const { t } = useWords();
  const client = useClient();
  const me = useMe();
  const channel = useChannel(info.id);
  const attempt = useAttempt();
  const ownRole = info.membership?.role ?? 'guest';
  if (user.id === me?.id) return [];
  const mayRule = isAtLeast(ownRole, member.role);
  const roles = mayRule && mayIn(info, 'member.role') ? ROLES.filter((role) => isAtLeast(ownRole, role)) : [];
  const items: (MenuItem | false)[] = [
    { label: t('members.message'), icon: MessageCircle, onSelect: () => attempt(openDirect(client, user.id)) },
    ...roles.map(
      (role, index): MenuItem => ({
        label: t(`role.${role}`),
        isChecked: role === member.role,
        startsGroup: index === 0,
        onSelect: () => attempt(channel.setRole(user.id, role)),
      }),
    ),
    mayRule &&
      mayIn(info, 'member.kick') && {
        label: t('members.kick'),
        icon: UserMinus,
        isDanger: true,
        startsGroup: true,
        onSelect: () => attempt(channel.kick(user.id)),
      },
    mayRule &&
      mayIn(info, 'member.ban') && {
        label: t('members.ban'),
        icon: Ban,
        isDanger: true,
        onSelect: () => attempt(channel.ban(user.id)),
      },
  ];
  return items.filter((item) => item !== false);
}
