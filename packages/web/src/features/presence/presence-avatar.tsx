import type { UserView } from '@parley/protocol';
import { usePresence } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { Avatar } from '../../ui/avatar.tsx';

interface PresenceAvatarProps {
  readonly user: UserView;
  readonly size?: 'xs' | 's' | 'm' | 'l';
}

/** A person with a dot for where they are. */
export function PresenceAvatar({ user, size = 'm' }: PresenceAvatarProps) {
  const { t } = useWords();
  const status = usePresence(user.id)?.status;
  return (
    <>
      <Avatar id={user.id} name={user.displayName} isBot={user.kind === 'bot'} size={size} presence={status} />
      {status !== undefined && <span className="hidden-text">{t(`presence.${status}`)}</span>}
    </>
  );
}
