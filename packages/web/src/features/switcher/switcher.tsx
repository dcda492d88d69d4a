import { Search } from 'lucide-react';
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';
import { openDirect } from '../../chat/open-direct.ts';
import { useWords } from '../../i18n/use-words.ts';
import { isComposing } from '../../lib/is-composing.ts';
import { navigate, toChannel } from '../../lib/routes.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { useAttempt } from '../message/use-message-actions.ts';
import { TargetFace } from './target-face.tsx';
import { type Target, useTargets } from './use-targets.ts';
import './switcher.css';

/** Goes anywhere by a few letters of its name. */
export function Switcher({ onClose }: { readonly onClose: () => void }) {
  const { t } = useWords();
  const client = useClient();
  const attempt = useAttempt();
  const [query, setQuery] = useState('');
  const [at, setAt] = useState(0);
  const targets = useTargets(query);
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.children[at]?.scrollIntoView({ block: 'nearest' });
  }, [at]);
  const go = (target: Target | undefined) => {
    if (target === undefined) return;
    onClose();
    if (target.kind === 'person') attempt(openDirect(client, target.user.id));
    else navigate(toChannel(target.info.id));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (isComposing(event.nativeEvent)) return;
    const count = targets.length;
    if (event.key === 'ArrowDown') setAt(count === 0 ? 0 : (at + 1) % count);
    else if (event.key === 'ArrowUp') setAt(count === 0 ? 0 : (at - 1 + count) % count);
    else if (event.key === 'Enter') go(targets[at]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title={t('switcher.title')} hidesTitle onClose={onClose}>
      <div className="switcher">
        <div className="switcher-field">
          <Search size={18} aria-hidden="true" />
          <input
            type="text"
            role="combobox"
            aria-label={t('switcher.title')}
            aria-expanded={targets.length > 0}
            aria-controls={id}
            aria-activedescendant={targets.length > 0 ? `${id}-${at}` : undefined}
            aria-autocomplete="list"
            placeholder={t('switcher.placeholder')}
            value={query}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => {
              setQuery(event.target.value);
              setAt(0);
            }}
            onKeyDown={onKeyDown}
          />
        </div>
        <div ref={list} id={id} role="listbox" aria-label={t('switcher.results')} className="switcher-list">
          {targets.map((target, index) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the field.
            <div
              key={target.key}
              id={`${id}-${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === at}
              className="completion"
              onClick={() => go(target)}
              onPointerMove={() => setAt(index)}
            >
              <TargetFace target={target} />
              <bdi className="completion-label">{target.label}</bdi>
              <span className="completion-hint">{target.hint}</span>
              {target.unread > 0 && <span className="badge badge-unread">{target.unread}</span>}
            </div>
          ))}
        </div>
        {targets.length === 0 && <p className="emoji-none">{t('switcher.none')}</p>}
      </div>
    </Dialog>
  );
}
