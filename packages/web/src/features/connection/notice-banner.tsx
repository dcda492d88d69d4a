import { Megaphone, X } from 'lucide-react';
import { useState } from 'react';
import { useFlag } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { IconButton } from '../../ui/button.tsx';
import './connection-banner.css';

/** What those who run the server have to say to everybody, until one has taken note of it. */
export function NoticeBanner() {
  const { t } = useWords();
  const notice = useFlag('notice');
  const [dismissed, setDismissed] = useState('');
  if (typeof notice !== 'string' || notice === '' || notice === dismissed) return null;
  return (
    <div className="connection-banner notice-banner" role="status">
      <Megaphone size={16} aria-hidden="true" />
      <span>{notice}</span>
      <IconButton icon={X} label={t('common.close')} size="small" onClick={() => setDismissed(notice)} />
    </div>
  );
}
