import type { SearchResult } from '@parley/protocol';
import { CornerUpLeft, Search as SearchIcon } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useChannelTitle } from '../../chat/channel-title.ts';
import { errorText } from '../../chat/error-text.ts';
import { useChannelInfo, useUser } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { hrefOf, navigate, type Route, toChannel } from '../../lib/routes.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { Button } from '../../ui/button.tsx';
import { PageHead } from '../../ui/page-head.tsx';
import { Spinner } from '../../ui/spinner.tsx';
import { TextField } from '../../ui/text-field.tsx';
import { Problem } from '../entrance/problem.tsx';
import { SearchFilters } from './search-filters.tsx';
import { excerpt } from './search-text.ts';
import { type Search, useSearch } from './use-search.ts';
import '../../ui/card.css';
import './search.css';

/** Finds what was written, in all conversations that one is in. What is looked for stands in the address: it can be gone back to. */
export function SearchView({ query }: { readonly query: string }) {
  const { t } = useWords();
  const [text, setText] = useState(query);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  useEffect(() => {
    // Somebody went back, or came by another link.
    setText((typed) => (typed.trim() === query.trim() ? typed : query));
  }, [query]);
  const change = (changed: string) => {
    setText(changed);
    navigate({ name: 'search', query: changed.trim() }, { replace: true });
  };
  const search = useSearch(text);
  return (
    <>
      <PageHead title={t('search.title')} />
      <div className="search-page">
        <search className="search-form">
          <TextField
            ref={field}
            label={t('search.label')}
            hidesLabel
            type="search"
            placeholder={t('search.placeholder')}
            value={text}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => change(event.target.value)}
            before={<SearchIcon size={18} aria-hidden="true" />}
          />
          <SearchFilters
            text={text}
            onChange={(changed) => {
              change(changed);
              field.current?.focus();
            }}
          />
        </search>
        <Results search={search} />
      </div>
    </>
  );
}

function Results({ search }: { readonly search: Search }) {
  const words = useWords();
  const { t } = words;
  const { results, isBusy, error, asked, hasMore, more } = search;
  const count = results.length;
  return (
    <>
      <p className="search-count" role="status">
        {error === null && asked !== '' && !isBusy ? t(hasMore ? 'search.countMore' : 'search.count', { count }) : ''}
      </p>
      <Problem text={error === null ? null : errorText(words, error)} />
      {asked === '' && !isBusy && <SearchHelp />}
      {isBusy && count === 0 && <Spinner />}
      <ol className="search-results">
        {results.map((result) => (
          <Result key={`${result.message.channelId}/${result.message.seq}`} result={result} />
        ))}
      </ol>
      {hasMore && count > 0 && (
        <Button isBusy={isBusy} onClick={more}>
          {t('common.more')}
        </Button>
      )}
    </>
  );
}

function Result({ result: { message, highlights } }: { readonly result: SearchResult }) {
  const { t, format } = useWords();
  const author = useUser(message.senderId);
  const name = author?.displayName ?? '…';
  const isReply = message.rootId !== undefined;
  return (
    <li>
      <a className="card search-result" href={hrefOf(routeOf(message))}>
        <span className="card-head">
          <span className="search-author">
            <Avatar id={message.senderId} name={name} isBot={author?.kind === 'bot'} size="xs" />
            <strong>
              <bdi>{name}</bdi>
            </strong>
            <Place channelId={message.rootId ?? message.channelId} />
            {isReply && (
              <span className="search-reply">
                <CornerUpLeft size={13} aria-hidden="true" />
                {t('search.inThread')}
              </span>
            )}
          </span>
          <time dateTime={new Date(message.createdAt).toISOString()}>{format.dated(message.createdAt)}</time>
        </span>
        <span className="search-text" dir="auto">
          {excerpt(message.body, highlights).map(({ text, isFound }, index) => {
            const key = `${index}-${text}`;
            return isFound ? <mark key={key}>{text}</mark> : <span key={key}>{text}</span>;
          })}
          {message.body === '' && t('message.file')}
        </span>
      </a>
    </li>
  );
}

function Place({ channelId }: { readonly channelId: SearchResult['message']['channelId'] }) {
  const info = useChannelInfo(channelId);
  return info === null ? null : <KnownPlace info={info} />;
}

function KnownPlace({ info }: { readonly info: NonNullable<ReturnType<typeof useChannelInfo>> }) {
  const { title } = useChannelTitle(info);
  return <bdi className="search-place">{info.channel.kind === 'direct' ? title : `#${title}`}</bdi>;
}

function routeOf({ rootId, channelId, seq }: SearchResult['message']): Route {
  return rootId === undefined
    ? toChannel(channelId, undefined, seq)
    : toChannel(rootId, { name: 'thread', threadId: channelId });
}

const EXAMPLES = ['release from:', '"exact words"', 'budget -draft', 'has:link after:2026-01'] as const;

function SearchHelp() {
  const { t } = useWords();
  return (
    <div className="search-help">
      <p>{t('search.help')}</p>
      <ul>
        {EXAMPLES.map((example) => (
          <li key={example}>
            <code>{example}</code>
          </li>
        ))}
      </ul>
    </div>
  );
}
