import { X } from 'lucide-react';
import { useId, useLayoutEffect, useRef } from 'react';
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
/** Where notices can appear, the topmost last: the page, and each modal dialog. */
const places = createStore<readonly string[]>([]);
const NONE: readonly Notice[] = [];
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

/**
 * Where notices appear; screen readers hear them as they come. Each modal dialog has a place of its own, since all that is outside of it
 * can neither be clicked nor heard while it is open.
 */
export function Notices() {
  const { t } = useWords();
  const all = useStore(notices);
  const shown = useIsTopmost() ? all : NONE;
  const ref = useRef<HTMLDivElement>(null);
  const newest = shown.at(-1)?.id ?? null;
  useLayoutEffect(() => {
    // Shown anew with each notice: so it lies above what was opened since.
    ref.current?.hidePopover();
    if (newest !== null) ref.current?.showPopover();
  }, [newest]);
  return (
    <div className="notices-place" role="status">
      <div ref={ref} className="notices" popover="manual">
        {shown.map((notice) => (
          <div key={notice.id} className={`notice notice-${notice.kind}`}>
            <p>{notice.text}</p>
            <IconButton icon={X} label={t('common.close')} size="small" onClick={() => dismiss(notice.id)} />
          </div>
        ))}
      </div>
    </div>
  );
}

/** Whether no other place for notices has come on top of this one. */
function useIsTopmost(): boolean {
  const id = useId();
  useLayoutEffect(() => {
    places.update((others) => [...others, id]);
    return () => places.update((others) => others.filter((other) => other !== id));
  }, [id]);
  return useStore(places).at(-1) === id;
}
