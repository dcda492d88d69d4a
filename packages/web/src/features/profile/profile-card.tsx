import type { UserId, UserView } from '@parley/protocol';
import { MessageCircle } from 'lucide-react';
import type { ReactNode } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';
import { openDirect } from '../../chat/open-direct.ts';
import { useMe, usePresence, useUser } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { useNow } from '../../lib/use-now.ts';
import { Button } from '../../ui/button.tsx';
import { Popover } from '../../ui/popover.tsx';
import { usePopover } from '../../ui/use-popover.ts';
import { useAttempt } from '../message/use-message-actions.ts';
import { PresenceAvatar } from '../presence/presence-avatar.tsx';
import './profile-card.css';

interface PersonButtonProps {
  readonly userId: UserId;
  readonly className?: string;
  /** True for a picture beside a name that does the same: nobody wants to hear both. */
  readonly isSilent?: boolean;
  readonly children: ReactNode;
}

/** A name or picture that tells more of its person. Not a stop of the Tab key: the list of members does the same by keyboard. */
export function PersonButton({ userId, className = '', isSilent = false, children }: PersonButtonProps) {
  const { t } = useWords();
  const { isOpen, close, anchor, trigger } = usePopover();
  const user = useUser(userId);
  if (user === null) return <span className={className}>{children}</span>;
  return (
    <>
      <button
        {...trigger}
        type="button"
        className={`person-button ${className}`}
        tabIndex={-1}
        aria-haspopup="dialog"
        aria-hidden={isSilent || undefined}
      >
        {children}
      </button>
      {isOpen && (
        <Popover
          anchor={anchor}
          role="dialog"
          label={t('profile.of', { name: user.displayName })}
          className="profile-popover"
          onClose={close}
        >
          <ProfileCard user={user} onDone={close} />
        </Popover>
      )}
    </>
  );
}

function ProfileCard({ user, onDone }: { readonly user: UserView; readonly onDone: () => void }) {
  const { t } = useWords();
  const client = useClient();
  const attempt = useAttempt();
  const isMe = useMe()?.id === user.id;
  return (
    <>
      <div className="profile-head">
        <PresenceAvatar user={user} size="l" />
        <div className="member-names">
          <strong>
            <bdi>{user.displayName}</bdi>
            {isMe && ` (${t('common.you')})`}
          </strong>
          <span>
            @{user.username}
            {user.role !== 'member' && ` · ${t(`role.${user.role}`)}`}
            {user.kind === 'bot' && ` · ${t('message.bot')}`}
          </span>
        </div>
      </div>
      <ProfileStatus user={user} />
      {!isMe && user.deactivated !== true && (
        <Button
          icon={MessageCircle}
          isWide
          onClick={() => {
            onDone();
            attempt(openDirect(client, user.id));
          }}
        >
          {t('members.message')}
        </Button>
      )}
    </>
  );
}

function ProfileStatus({ user }: { readonly user: UserView }) {
  const { t, format } = useWords();
  const now = useNow();
  const presence = usePresence(user.id);
  if (user.deactivated === true) return <p className="soft-text">{t('admin.deactivated')}</p>;
  if (presence === null) return null;
  const { status, lastSeen, statusText = '', statusEmoji = '', doNotDisturb } = presence;
  const own = `${statusEmoji} ${statusText}`.trim();
  return (
    <div className="profile-status">
      {own !== '' && <p>{own}</p>}
      <p className="soft-text">
        {status === 'offline' && lastSeen !== null
          ? t('presence.lastSeen', { when: format.ago(lastSeen, now) })
          : t(doNotDisturb ? 'presence.dnd' : `presence.${status}`)}
      </p>
    </div>
  );
}
