import type { UserId, UserView } from '@parley/protocol';
import { Check, Search } from 'lucide-react';
import { useState } from 'react';
import { useWords } from '../../i18n/use-words.ts';
import { isComposing } from '../../lib/is-composing.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { TextField } from '../../ui/text-field.tsx';
import { usePeopleSearch } from './use-people-search.ts';
import './people-field.css';

interface PeopleFieldProps {
  readonly label: string;
  readonly chosen: readonly UserView[];
  readonly onChange: (chosen: readonly UserView[]) => void;
  /** Those who cannot be chosen, such as who is in already. */
  readonly without: ReadonlySet<UserId>;
}

/** Chooses people of the server by name. */
export function PeopleField({ label, chosen, onChange, without }: PeopleFieldProps) {
  const { t } = useWords();
  const [query, setQuery] = useState('');
  const found = usePeopleSearch(query);
  const isChosen = (id: UserId) => chosen.some((user) => user.id === id);
  const shown = found.filter(({ id, deactivated }) => !without.has(id) && deactivated !== true);
  const toggle = (user: UserView) => {
    onChange(isChosen(user.id) ? chosen.filter(({ id }) => id !== user.id) : [...chosen, user]);
    setQuery('');
  };
  return (
    <div className="people-field">
      <TextField
        label={label}
        type="search"
        value={query}
        placeholder={t('people.search')}
        autoComplete="off"
        onChange={(event) => setQuery(event.target.value)}
        onKeyDown={(event) => {
          const [first] = shown;
          if (event.key !== 'Enter' || query === '') return;
          // Never sends the form: it would go out without whom one is looking for.
          event.preventDefault();
          if (first !== undefined && !isComposing(event.nativeEvent)) toggle(first);
        }}
        before={<Search size={16} aria-hidden="true" />}
      />
      {chosen.length > 0 && (
        <ul className="chosen-people" aria-label={t('people.chosen')}>
          {chosen.map((user) => (
            <li key={user.id}>
              <button
                type="button"
                className="chip"
                aria-label={t('people.remove', { name: user.displayName })}
                onClick={() => toggle(user)}
              >
                <Avatar id={user.id} name={user.displayName} size="xs" />
                <bdi>{user.displayName}</bdi>
                <span aria-hidden="true">×</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      <ul className="found-people" aria-label={t('people.found')}>
        {shown.map((user) => (
          <li key={user.id}>
            <button
              type="button"
              className="found-person"
              aria-pressed={isChosen(user.id)}
              onClick={() => toggle(user)}
            >
              <Avatar id={user.id} name={user.displayName} isBot={user.kind === 'bot'} size="s" />
              <bdi>{user.displayName}</bdi>
              <span className="soft-text">@{user.username}</span>
              {isChosen(user.id) && <Check size={16} aria-hidden="true" />}
            </button>
          </li>
        ))}
        {shown.length === 0 && query !== '' && <li className="soft-text">{t('people.none')}</li>}
      </ul>
    </div>
  );
}
