import type { OutputOf } from '@parley/protocol';
import { useEffect, useState } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';
import { errorText } from '../../chat/error-text.ts';
import { useWords } from '../../i18n/use-words.ts';
import { Button } from '../../ui/button.tsx';
import { SelectField } from '../../ui/select-field.tsx';
import { Spinner } from '../../ui/spinner.tsx';
import { Problem } from '../entrance/problem.tsx';
import './admin.css';

type Entry = OutputOf<'audit.list'>['entries'][number];

/** First words of what is written down. */
const KINDS = ['auth', 'user', 'channel', 'member', 'message', 'key', 'flag'] as const;

/** Who did what, newest first. */
export function AuditSection() {
  const words = useWords();
  const { t } = words;
  const [kind, setKind] = useState('');
  const { entries, isBusy, error, more } = useAudit(kind);
  return (
    <section className="section-part">
      <div className="section-head">
        <h2>{t('admin.audit')}</h2>
        <SelectField label={t('audit.kind')} hidesLabel value={kind} onChange={setKind}>
          <option value="">{t('audit.everything')}</option>
          {KINDS.map((name) => (
            <option key={name} value={name}>
              {t(`audit.kind.${name}`)}
            </option>
          ))}
        </SelectField>
      </div>
      <p className="soft-text">{t('audit.text')}</p>
      <Problem text={error === null ? null : errorText(words, error)} />
      {isBusy && entries.length === 0 && <Spinner />}
      {!isBusy && error === null && entries.length === 0 && <p className="soft-text">{t('audit.none')}</p>}
      {entries.length > 0 && <AuditTable entries={entries} />}
      {more !== null && (
        <Button isBusy={isBusy} onClick={more}>
          {t('common.more')}
        </Button>
      )}
    </section>
  );
}

function AuditTable({ entries }: { readonly entries: readonly Entry[] }) {
  const { t, format } = useWords();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard.
    <div className="table-frame" tabIndex={0}>
      <table className="table">
        <thead>
          <tr>
            <th>{t('audit.when')}</th>
            <th>{t('audit.who')}</th>
            <th>{t('audit.what')}</th>
            <th>{t('audit.details')}</th>
            <th>{t('audit.where')}</th>
          </tr>
        </thead>
        <tbody>
          {entries.map(({ id, at, actor, action, target, details, address }) => (
            <tr key={id}>
              <td className="table-tight">{format.dated(at)}</td>
              <td>{actor === null ? t('audit.nobody') : <bdi>@{actor}</bdi>}</td>
              <td>
                <code>{action}</code>
              </td>
              <td className="audit-details">{detailsText(target, details)}</td>
              <td className="table-tight">{address ?? '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function detailsText(target: string | null, details: Entry['details']): string {
  const parts = Object.entries(details).map(
    ([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return [...(target === null ? [] : [target]), ...parts].join(' · ');
}

interface Audit {
  readonly entries: readonly Entry[];
  readonly isBusy: boolean;
  readonly error: unknown;
  readonly more: (() => void) | null;
}

function useAudit(action: string): Audit {
  const client = useClient();
  const [state, setState] = useState<{
    entries: readonly Entry[];
    cursor: string | null;
    isBusy: boolean;
    error: unknown;
  }>({
    entries: [],
    cursor: null,
    isBusy: true,
    error: null,
  });
  const [wanted, setWanted] = useState<string | null>(null);
  useEffect(() => {
    const abort = new AbortController();
    setState((last) => ({ ...last, isBusy: true, entries: wanted === null ? [] : last.entries }));
    const input = { ...(action === '' ? {} : { action }), ...(wanted === null ? {} : { cursor: wanted }) };
    client.call('audit.list', input, { signal: abort.signal }).then(
      ({ entries, nextCursor }) =>
        setState((last) => ({
          entries: [...last.entries, ...entries],
          cursor: nextCursor,
          isBusy: false,
          error: null,
        })),
      (error: unknown) => {
        if (!abort.signal.aborted) setState((last) => ({ ...last, isBusy: false, error }));
      },
    );
    return () => abort.abort();
  }, [client, action, wanted]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another filter begins at the newest.
  useEffect(() => setWanted(null), [action]);
  const { cursor, ...shown } = state;
  return { ...shown, more: cursor === null ? null : () => setWanted(cursor) };
}
