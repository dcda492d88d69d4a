import { Search } from 'lucide-react';
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { useWords } from '../../i18n/use-words.ts';
import { isComposing } from '../../lib/is-composing.ts';
import { TextField } from '../../ui/text-field.tsx';
import { type Emoji, findEmoji, loadEmoji } from './find-emoji.ts';
import { noteEmoji, QUICK_EMOJI, useRecentEmoji } from './recent-emoji.ts';
import './emoji-picker.css';

const COLUMNS = 8;
const MAX_FOUND = 80;
const GROUPS = [0, 1, 3, 4, 5, 6, 7, 8, 9] as const;

/** All emoji, with a search; the last ones used come first. */
export function EmojiPicker({ onPick }: { readonly onPick: (emoji: string) => void }) {
  const { t } = useWords();
  const [all, setAll] = useState<readonly Emoji[]>([]);
  const [query, setQuery] = useState('');
  const [hint, setHint] = useState('');
  const grid = useRef<HTMLDivElement>(null);
  useEffect(() => {
    loadEmoji().then(setAll, () => {});
  }, []);
  const pick = (emoji: string) => {
    noteEmoji(emoji);
    onPick(emoji);
  };
  const enterGrid = (event: KeyboardEvent) => {
    if (isComposing(event.nativeEvent)) return;
    if (event.key !== 'ArrowDown' && event.key !== 'Enter') return;
    event.preventDefault();
    const first = grid.current?.querySelector<HTMLButtonElement>('button');
    if (event.key === 'Enter') first?.click();
    else first?.focus();
  };
  return (
    <div className="emoji-picker">
      <TextField
        label={t('emoji.search')}
        hidesLabel
        type="search"
        placeholder={t('emoji.search')}
        value={query}
        onChange={(event) => setQuery(event.target.value)}
        onKeyDown={enterGrid}
        before={<Search size={16} aria-hidden="true" />}
      />
      {/* biome-ignore lint/a11y/noStaticElementInteractions: it moves the focus between the buttons inside. */}
      <div ref={grid} className="emoji-groups" onKeyDown={moveInGrid} onFocus={(event) => setHint(event.target.title)}>
        <EmojiGroups all={all} query={query} onPick={pick} onHint={setHint} />
      </div>
      <p className="emoji-hint" aria-hidden="true">
        {hint}
      </p>
    </div>
  );
}

interface EmojiGroupsProps {
  readonly all: readonly Emoji[];
  readonly query: string;
  readonly onPick: (emoji: string) => void;
  readonly onHint: (label: string) => void;
}

function EmojiGroups({ all, query, onPick, onHint }: EmojiGroupsProps) {
  const { t } = useWords();
  const recent = useRecentEmoji();
  const labels = useMemo(() => new Map(all.map(({ emoji, label }) => [emoji, label])), [all]);
  const buttons = (list: readonly string[]) =>
    list.map((emoji) => (
      <button
        key={emoji}
        type="button"
        className="emoji"
        aria-label={labels.get(emoji) ?? emoji}
        title={labels.get(emoji)}
        onClick={() => onPick(emoji)}
        onPointerEnter={() => onHint(labels.get(emoji) ?? '')}
      >
        {emoji}
      </button>
    ));
  if (query.trim() !== '') {
    const found = findEmoji(all, query.trim(), MAX_FOUND);
    if (found.length === 0) return <p className="emoji-none">{t('emoji.none')}</p>;
    return (
      <section aria-label={t('emoji.found')}>
        <div className="emoji-grid">{buttons(found.map(({ emoji }) => emoji))}</div>
      </section>
    );
  }
  return (
    <>
      <section aria-label={t('emoji.recent')}>
        <h2>{t('emoji.recent')}</h2>
        <div className="emoji-grid">{buttons(recent.length > 0 ? recent : QUICK_EMOJI)}</div>
      </section>
      {all.length > 0 &&
        GROUPS.map((group) => (
          <section key={group} aria-label={t(`emoji.group${group}`)}>
            <h2>{t(`emoji.group${group}`)}</h2>
            <div className="emoji-grid">
              {buttons(all.filter((emoji) => emoji.group === group).map(({ emoji }) => emoji))}
            </div>
          </section>
        ))}
    </>
  );
}

const STEPS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -COLUMNS, ArrowDown: COLUMNS };

function moveInGrid(event: KeyboardEvent<HTMLElement>): void {
  const step = STEPS[event.key];
  if (step === undefined) return;
  const buttons = [...event.currentTarget.querySelectorAll<HTMLButtonElement>('button')];
  const next = buttons[buttons.indexOf(event.target as HTMLButtonElement) + step];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}
