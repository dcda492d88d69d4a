import { AtSign, CalendarDays, Hash, type LucideIcon, Paperclip, X } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useChannels } from '../../chat/use-chat.ts';
import type { MessageKey } from '../../i18n/catalogue.ts';
import { useWords } from '../../i18n/use-words.ts';
import { classNames } from '../../lib/class-names.ts';
import { Avatar, ChannelSign } from '../../ui/avatar.tsx';
import { Popover } from '../../ui/popover.tsx';
import { TextField } from '../../ui/text-field.tsx';
import { usePopover } from '../../ui/use-popover.ts';
import { usePeopleSearch } from '../dialogs/use-people-search.ts';
import { type Filter, filtersOf, withFilter } from './search-text.ts';

interface SearchFiltersProps {
  readonly text: string;
  readonly onChange: (text: string) => void;
}

const HAS = ['link', 'file', 'reaction', 'pin'] as const;

/** The filters of a search. What they set stands in the text of the search, where it can be typed as well. */
export function SearchFilters({ text, onChange }: SearchFiltersProps) {
  const { t } = useWords();
  const filters = filtersOf(text);
  const set = (filter: Filter) => (value: string | null) => onChange(withFilter(text, filter, value));
  const shared = (filter: Filter) => ({ value: filters.get(filter) ?? null, onSet: set(filter) });
  return (
    <fieldset className="search-filters" aria-label={t('search.filters')}>
      <FilterChip icon={AtSign} label="search.from" {...shared('from')}>
        {(choose) => <PersonChoice onChoose={choose} />}
      </FilterChip>
      <FilterChip icon={Hash} label="search.in" {...shared('in')}>
        {(choose) => <ChannelChoice onChoose={choose} />}
      </FilterChip>
      <FilterChip icon={CalendarDays} label="search.after" {...shared('after')}>
        {(choose) => <DateChoice label={t('search.after')} onChoose={choose} />}
      </FilterChip>
      <FilterChip icon={CalendarDays} label="search.before" {...shared('before')}>
        {(choose) => <DateChoice label={t('search.before')} onChoose={choose} />}
      </FilterChip>
      <FilterChip icon={Paperclip} label="search.has" {...shared('has')}>
        {(choose) => (
          <ul className="choices">
            {HAS.map((kind) => (
              <Choice key={kind} onClick={() => choose(kind)}>
                {t(`search.has.${kind}`)}
              </Choice>
            ))}
          </ul>
        )}
      </FilterChip>
    </fieldset>
  );
}

interface FilterChipProps {
  readonly icon: LucideIcon;
  readonly label: Extract<MessageKey, 'search.from' | 'search.in' | 'search.after' | 'search.before' | 'search.has'>;
  readonly value: string | null;
  readonly onSet: (value: string | null) => void;
  readonly children: (choose: (value: string) => void) => ReactNode;
}

function FilterChip({ icon: Icon, label, value, onSet, children }: FilterChipProps) {
  const { t } = useWords();
  const { isOpen, close, anchor, trigger } = usePopover();
  const name = t(label);
  const isSet = value !== null && value !== '';
  const choose = (chosen: string) => {
    close();
    onSet(chosen);
  };
  return (
    <span className={classNames('filter-chip', isSet && 'filter-chip-set')}>
      <button {...trigger} type="button">
        <Icon size={15} aria-hidden="true" />
        {isSet ? `${name}: ${value}` : name}
      </button>
      {isSet && (
        <button type="button" aria-label={t('search.without', { name })} onClick={() => onSet(null)}>
          <X size={14} aria-hidden="true" />
        </button>
      )}
      {isOpen && (
        <Popover anchor={anchor} role="dialog" label={name} className="filter-popover" onClose={close}>
          {children(choose)}
        </Popover>
      )}
    </span>
  );
}

function Choice({ onClick, children }: { readonly onClick: () => void; readonly children: ReactNode }) {
  return (
    <li>
      <button type="button" className="found-person" onClick={onClick}>
        {children}
      </button>
    </li>
  );
}

function PersonChoice({ onChoose }: { readonly onChoose: (username: string) => void }) {
  const { t } = useWords();
  const [query, setQuery] = useState('');
  const found = usePeopleSearch(query);
  return (
    <>
      <FilterField label={t('people.search')} value={query} onChange={setQuery} />
      <ul className="choices">
        {found.map(({ id, displayName, username, kind }) => (
          <Choice key={id} onClick={() => onChoose(username)}>
            <Avatar id={id} name={displayName} isBot={kind === 'bot'} size="s" />
            <bdi>{displayName}</bdi>
            <span className="soft-text">@{username}</span>
          </Choice>
        ))}
      </ul>
    </>
  );
}

function ChannelChoice({ onChoose }: { readonly onChoose: (name: string) => void }) {
  const { t, language } = useWords();
  const [query, setQuery] = useState('');
  const collator = new Intl.Collator(language);
  const wanted = query.trim().toLocaleLowerCase();
  const found = useChannels()
    .flatMap(({ id, channel: { name, kind } }) => (name === null ? [] : { id, name, kind }))
    .filter(({ name }) => name.toLocaleLowerCase().includes(wanted))
    .sort((a, b) => collator.compare(a.name, b.name));
  return (
    <>
      <FilterField label={t('browse.search')} value={query} onChange={setQuery} />
      <ul className="choices">
        {found.map(({ id, name, kind }) => (
          <Choice key={id} onClick={() => onChoose(name)}>
            <ChannelSign kind={kind === 'public' ? 'public' : 'private'} />
            <bdi>{name}</bdi>
          </Choice>
        ))}
      </ul>
    </>
  );
}

function DateChoice({ label, onChoose }: { readonly label: string; readonly onChoose: (day: string) => void }) {
  return (
    <TextField
      label={label}
      type="date"
      max={new Date().toISOString().slice(0, 10)}
      onChange={(event) => {
        if (/^[12]\d{3}-/.test(event.target.value)) onChoose(event.target.value);
      }}
    />
  );
}

interface FilterFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function FilterField({ label, value, onChange }: FilterFieldProps) {
  return (
    <TextField
      label={label}
      hidesLabel
      type="search"
      placeholder={label}
      value={value}
      autoComplete="off"
      onChange={(event) => onChange(event.target.value)}
    />
  );
}
