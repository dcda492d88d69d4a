import { X } from 'lucide-react';
import { useWords } from '../i18n/use-words.ts';
import { createStore } from '../lib/store.ts';
import { useStore } from '../lib/use-store.ts';
import { IconButton } from './button.tsx';
import './notices.css';

interface Notice {
  readonly id: number;
  readonly text: string;
  readonly kind: 'done' | 'problem';
}

/** Long enough to be read twice; a problem stays until it is closed. */
const SHOWN_MS = 5_000;
const MAX_SHOWN = 3;
const notices = createStore<readonly Notice[]>([]);
let lastId = 0;

/** Tells the user, at the edge of the screen, how something ended. */
export function notify(text: string, kind: Notice['kind'] = 'done'): void {
  lastId += 1;
  const notice = { id: lastId, text, kind };
  notices.update((shown) => [...shown.filter((other) => other.text !== text), notice].slice(-MAX_SHOWN));
  if (kind === 'done') setTimeout(() => dismiss(notice.id), SHOWN_MS);
}

function dismiss(id: number): void {
  notices.update((shown) => shown.filter((notice) => notice.id !== id));
}

/** Where notices appear; screen readers hear them as they come. */
export function Notices() {
  const { t } = useWords();
  return (
    <div className="notices" role="status">
      {useStore(notices).map((notice) => (
        <div key={notice.id} className={`notice notice-${notice.kind}`}>
          <p>{notice.text}</p>
          <IconButton icon={X} label={t('common.close')} size="small" onClick={() => dismiss(notice.id)} />
        </div>
      ))}
    </div>
  );
}
