import type { OutputOf } from '@parley/protocol';
import { useWords } from '../../i18n/use-words.ts';
import { useEvery } from '../../lib/use-every.ts';
import { Spinner } from '../../ui/spinner.tsx';
import { Problem } from '../entrance/problem.tsx';
import { NO_INPUT, useAnswer } from '../settings/use-answer.ts';
import { Figures } from './figures.tsx';
import { ParkedRow } from './parked-row.tsx';
import './admin.css';

const LOOK_MS = 5_000;

type Queue = OutputOf<'queue.list'>;

/** What waits to be stored, and what was set aside. */
export function QueueSection() {
  const { t } = useWords();
  const { output, problem, reload } = useAnswer('queue.list', NO_INPUT);
  useEvery(LOOK_MS, reload);
  return (
    <section className="section-part">
      <h2>{t('admin.queue')}</h2>
      <p className="soft-text">{t('queue.text')}</p>
      <Problem text={problem} />
      {output === null && problem === null && <Spinner />}
      {output !== null && (
        <>
          <Depth queue={output} />
          <h3>{t('queue.parked')}</h3>
          <Parked queue={output} onChanged={reload} />
        </>
      )}
    </section>
  );
}

function Depth({ queue: { nodes, maxSize } }: { readonly queue: Queue }) {
  const { t, format } = useWords();
  const ms = (value: number) => t('metrics.ms', { count: format.number(Math.round(value)) });
  return (
    <>
      <Figures
        figures={[
          [t('queue.waiting'), format.number(nodes.reduce((sum, { depth }) => sum + depth, 0))],
          [t('queue.oldest'), ms(Math.max(0, ...nodes.map(({ oldestAgeMs }) => oldestAgeMs)))],
          [t('queue.room'), format.number(maxSize)],
        ]}
      />
      {nodes.length > 1 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard.
        <div className="table-frame" tabIndex={0}>
          <table className="table">
            <thead>
              <tr>
                <th>{t('queue.node')}</th>
                <th className="table-number">{t('queue.waiting')}</th>
                <th className="table-number">{t('queue.oldest')}</th>
              </tr>
            </thead>
            <tbody>
              {nodes.map(({ node, depth, oldestAgeMs }) => (
                <tr key={node}>
                  <td>
                    <code>{node}</code>
                  </td>
                  <td className="table-number">{format.number(depth)}</td>
                  <td className="table-number">{ms(oldestAgeMs)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

function Parked({ queue: { isKept, parked }, onChanged }: { readonly queue: Queue; readonly onChanged: () => void }) {
  const { t } = useWords();
  if (!isKept) return <p className="soft-text">{t('queue.notKept')}</p>;
  if (parked === null) return <Problem text={t('queue.away')} />;
  if (parked.length === 0) return <p className="soft-text">{t('queue.none')}</p>;
  return (
    <>
      <p className="soft-text">{t('queue.parkedText')}</p>
      <ul className="rows">
        {parked.map((send) => (
          <ParkedRow key={send.id} send={send} onChanged={onChanged} />
        ))}
      </ul>
    </>
  );
}
