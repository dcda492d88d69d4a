import type { WebhookView } from '@parley/protocol';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useWords } from '../../i18n/use-words.ts';
import { useEvery } from '../../lib/use-every.ts';
import { Button } from '../../ui/button.tsx';
import { Spinner } from '../../ui/spinner.tsx';
import { Problem } from '../entrance/problem.tsx';
import { NO_INPUT, useAnswer } from '../settings/use-answer.ts';
import { CreateWebhookDialog } from './create-webhook-dialog.tsx';
import { EditWebhookDialog } from './edit-webhook-dialog.tsx';
import { useHookChannels } from './use-hook-channels.ts';
import { WebhookDeliveriesDialog } from './webhook-deliveries-dialog.tsx';
import { WebhookRow } from './webhook-row.tsx';

const LOOK_MS = 10_000;

type Open = { readonly kind: 'create' } | { readonly kind: 'edit' | 'deliveries'; readonly hook: WebhookView };

/** What posts here from outside, and who outside is told. */
export function WebhooksSection() {
  const { t } = useWords();
  const { output, problem, reload } = useAnswer('webhook.list', NO_INPUT);
  const channels = useHookChannels();
  const [open, setOpen] = useState<Open | null>(null);
  useEvery(LOOK_MS, reload);
  const close = () => {
    setOpen(null);
    reload();
  };
  return (
    <section className="section-part">
      <div className="section-head">
        <h2>{t('admin.webhooks')}</h2>
        <Button icon={Plus} look="primary" onClick={() => setOpen({ kind: 'create' })}>
          {t('hooks.create')}
        </Button>
      </div>
      <p className="soft-text">{t('hooks.text')}</p>
      <Problem text={problem} />
      {output === null && problem === null && <Spinner />}
      {output?.webhooks.length === 0 && <p className="soft-text">{t('hooks.none')}</p>}
      {output !== null && output.webhooks.length > 0 && (
        <ul className="rows">
          {output.webhooks.map((hook) => (
            <WebhookRow
              key={hook.id}
              hook={hook}
              channels={channels}
              onChanged={reload}
              onEdit={() => setOpen({ kind: 'edit', hook })}
              onDeliveries={() => setOpen({ kind: 'deliveries', hook })}
            />
          ))}
        </ul>
      )}
      {open?.kind === 'create' && <CreateWebhookDialog channels={channels} onClose={close} />}
      {open?.kind === 'edit' && <EditWebhookDialog hook={open.hook} onClose={close} />}
      {open?.kind === 'deliveries' && <WebhookDeliveriesDialog hook={open.hook} onClose={close} />}
    </section>
  );
}
