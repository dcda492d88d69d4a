import { useWords } from '../../i18n/use-words.ts';

const LINES = ['long', 'short', 'middle', 'long', 'middle'] as const;

/** Where messages will be, for connections that take their time. */
export function MessageSkeleton() {
  const { t } = useWords();
  return (
    <div className="skeleton" role="status" aria-label={t('list.loading')}>
      {LINES.map((length, index) => {
        const key = `${length}-${index}`;
        return (
          <div key={key} className="skeleton-row">
            <span className="skeleton-face" />
            <span className={`skeleton-line skeleton-${length}`} />
          </div>
        );
      })}
    </div>
  );
}
