import type { OutputOf } from '@parley/protocol';
import { useMemo, useState } from 'react';
import { errorText } from '../../chat/error-text.ts';
import { useWords } from '../../i18n/use-words.ts';
import { Button } from '../../ui/button.tsx';
import { SelectField } from '../../ui/select-field.tsx';
import { Spinner } from '../../ui/spinner.tsx';
import { Problem } from '../entrance/problem.tsx';
import { usePages } from './use-pages.ts';
import './admin.css';

type Entry = OutputOf<'audit.list'>['entries'][number];

/** First words of what is written down. */
const KINDS = ['auth', 'user', 'channel', 'member', 'message', 'key', 'webhook', 'flag', 'queue'] as const;

/** Who did what, newest first. */
export function AuditSection() {
  const words = useWords();
  const { t } = words;
  const [kind, setKind] = useState('');
  const input = useMemo(() => (kind === '' ? {} : { action: kind }), [kind]);
  const { pages, isBusy, error, more } = usePages('audit.list', input);
  const entries = pages.flatMap((page) => page.entries);
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
      <table className="table audit-table">
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
              <td className="table-tight audit-when">{format.dated(at)}</td>
              <td>{actor === null ? t('audit.nobody') : <bdi>@{actor}</bdi>}</td>
              <td className="audit-what">
                <code>{action}</code>
              </td>
              <td className="audit-details">{detailsText(target, details)}</td>
              <td className="table-tight audit-where">{address ?? '–'}</td>
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
