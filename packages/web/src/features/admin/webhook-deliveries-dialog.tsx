import type { WebhookDeliveryView, WebhookView } from '@parley/protocol';
import { RotateCcw } from 'lucide-react';
import { useMemo } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';
import { errorText } from '../../chat/error-text.ts';
import { useWords } from '../../i18n/use-words.ts';
import { useEvery } from '../../lib/use-every.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { notify } from '../../ui/notices.tsx';
import { Spinner } from '../../ui/spinner.tsx';
import { Problem } from '../entrance/problem.tsx';
import { useAttempt } from '../message/use-message-actions.ts';
import { usePages } from './use-pages.ts';
import './admin.css';

/** How often those that wait are looked at again. */
const REFRESH_MS = 2_000;

interface WebhookDeliveriesDialogProps {
  readonly hook: WebhookView;
  readonly onClose: () => void;
}

/** What an outgoing webhook was told, newest first, and how that went. */
export function WebhookDeliveriesDialog({ hook, onClose }: WebhookDeliveriesDialogProps) {
  const words = useWords();
  const { t } = words;
  const client = useClient();
  const attempt = useAttempt();
  const input = useMemo(() => ({ webhookId: hook.id }), [hook.id]);
  const { pages, isBusy, error, more, reload } = usePages('webhook.deliveries', input);
  const deliveries = pages.flatMap((page) => page.deliveries);
  // Whoever looks on sees how it goes, unless further pages were asked for.
  useEvery(REFRESH_MS, () => {
    if (!isBusy && pages.length === 1 && deliveries.some(({ state }) => state === 'waiting')) reload();
  });
  const replay = (from: number) =>
    attempt(
      client.call('webhook.replay', { webhookId: hook.id, from }).then(({ count }) => {
        notify(t('hooks.replayed', { count }));
        reload();
      }),
    );
  return (
    <Dialog title={t('hooks.deliveriesOf', { name: hook.name })} size="large" onClose={onClose}>
      <Problem text={error === null ? null : errorText(words, error)} />
      {isBusy && deliveries.length === 0 && <Spinner />}
      {!isBusy && error === null && deliveries.length === 0 && <p className="soft-text">{t('hooks.noDeliveries')}</p>}
      {deliveries.length > 0 && <Deliveries deliveries={deliveries} onReplay={replay} />}
      {more !== null && (
        <Button isBusy={isBusy} onClick={more}>
          {t('common.more')}
        </Button>
      )}
    </Dialog>
  );
}

interface DeliveriesProps {
  readonly deliveries: readonly WebhookDeliveryView[];
  readonly onReplay: (from: number) => void;
}

function Deliveries({ deliveries, onReplay }: DeliveriesProps) {
  const { t, format } = useWords();
  return (
    <ul className="rows">
      {deliveries.map(({ id, type, state, attempts, status, error, createdAt }) => (
        <li key={id}>
          <div className="member-names">
            <strong>
              <code>{type}</code>
            </strong>
            <span>
              {format.dated(createdAt)} · {t('hooks.tries', { count: attempts })}
              {status !== null && ` · HTTP ${status}`}
            </span>
            {error !== null && state === 'waiting' && <span className="problem-text">{error}</span>}
          </div>
          <span className={state === 'delivered' ? 'tag tag-good' : 'tag'}>{t(`hooks.state.${state}`)}</span>
          <IconButton icon={RotateCcw} size="small" label={t('hooks.replay')} onClick={() => onReplay(id)} />
        </li>
      ))}
    </ul>
  );
}
