import { type RefObject, useEffect } from 'react';
import { useWords } from '../../i18n/use-words.ts';
import { Avatar } from '../../ui/avatar.tsx';
import type { Completion } from './use-completions.ts';

interface CompletionListProps {
  readonly id: string;
  readonly items: readonly Completion[];
  readonly at: number;
  readonly onChoose: (item: Completion) => void;
  readonly listRef: RefObject<HTMLDivElement | null>;
}

/** What could complete the word at the caret. The focus stays in the text. */
export function CompletionList({ id, items, at, onChoose, listRef }: CompletionListProps) {
  const { t } = useWords();
  useEffect(() => {
    listRef.current?.children[at]?.scrollIntoView({ block: 'nearest' });
  }, [listRef, at]);
  return (
    <div ref={listRef} id={id} role="listbox" aria-label={t('composer.completions')} className="completions">
      {items.map((item, index) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the text area.
        <div
          key={item.key}
          id={`${id}-${index}`}
          role="option"
          tabIndex={-1}
          aria-selected={index === at}
          className="completion"
          // The text keeps the focus.
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onChoose(item)}
        >
          {item.user !== undefined && (
            <Avatar id={item.user.id} name={item.user.displayName} isBot={item.user.kind === 'bot'} size="s" />
          )}
          {item.emoji !== undefined && <span className="completion-emoji">{item.emoji}</span>}
          <bdi className="completion-label">{item.label}</bdi>
          <span className="completion-hint">{item.hint}</span>
        </div>
      ))}
    </div>
  );
}
