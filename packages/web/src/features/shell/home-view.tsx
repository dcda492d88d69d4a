import { Hash, MessageCircle, UserPlus } from 'lucide-react';
import { useState } from 'react';
import { useChannels, useMe } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { Button } from '../../ui/button.tsx';
import { InviteDialog } from '../dialogs/invite-dialog.tsx';
import { EmptyView } from './empty-view.tsx';

interface HomeViewProps {
  readonly onBrowse: () => void;
  readonly onNewDirect: () => void;
}

/** The first thing to be seen by those who have opened nothing yet. */
export function HomeView({ onBrowse, onNewDirect }: HomeViewProps) {
  const { t } = useWords();
  const me = useMe();
  const isNew = useChannels().length === 0;
  const [isInviting, setInviting] = useState(false);
  if (me === null) return <EmptyView />;
  return (
    <EmptyView
      title={isNew ? t('home.welcome', { name: me.displayName }) : t('home.title')}
      text={isNew ? t('home.first') : t('home.text')}
    >
      <Button icon={Hash} look={isNew ? 'primary' : 'plain'} onClick={onBrowse}>
        {t('home.channels')}
      </Button>
      <Button icon={MessageCircle} onClick={onNewDirect}>
        {t('direct.new')}
      </Button>
      <Button icon={UserPlus} onClick={() => setInviting(true)}>
        {t('home.invite')}
      </Button>
      {isInviting && <InviteDialog onClose={() => setInviting(false)} />}
    </EmptyView>
  );
}
