import type { WebhookView } from '@parley/protocol';
import { Ellipsis, History, Pause, Pencil, Play, Trash2, Webhook } from 'lucide-react';
import { useState } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';
import { useWords } from '../../i18n/use-words.ts';
import { IconButton } from '../../ui/button.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { Menu, type MenuItem } from '../../ui/menu.tsx';
import { useAttempt } from '../message/use-message-actions.ts';
import type { HookChannel } from './use-hook-channels.ts';

interface WebhookRowProps {
  readonly hook: WebhookView;
  readonly channels: readonly HookChannel[];
  readonly onChanged: () => void;
  readonly onEdit: () => void;
  readonly onDeliveries: () => void;
}

/** One webhook: what it does, how it does, and what can be done with it. */
export function WebhookRow({ hook, channels, onChanged, onEdit, onDeliveries }: WebhookRowProps) {
  const { t } = useWords();
  const client = useClient();
  const attempt = useAttempt();
  const [isAsking, setAsking] = useState(false);
  const { id, kind, name, state, channelId, url, waiting, lastError } = hook;
  const isActive = state === 'active';
  const channel = channels.find((known) => known.id === channelId)?.label ?? '…';
  const purpose =
    kind === 'incoming'
      ? t('hooks.writesTo', { channel })
      : t('hooks.tells', { host: hostOf(url), channel: channelId === null ? t('hooks.allChannels') : channel });
  const label = t('hooks.menu', { name });
  const items: readonly MenuItem[] = [
    ...(kind === 'outgoing' ? [{ label: t('hooks.deliveries'), icon: History, onSelect: onDeliveries }] : []),
    { label: t('hooks.edit'), icon: Pencil, onSelect: onEdit },
    {
      label: t(isActive ? 'hooks.pause' : 'hooks.activate'),
      icon: isActive ? Pause : Play,
      onSelect: () =>
        attempt(
          client.call('webhook.update', { webhookId: id, state: isActive ? 'paused' : 'active' }).then(onChanged),
        ),
    },
    { label: t('hooks.delete'), icon: Trash2, isDanger: true, startsGroup: true, onSelect: () => setAsking(true) },
  ];
  return (
    <li>
      <Webhook size={20} aria-hidden="true" />
      <div className="member-names">
        <strong>
          <bdi>{name}</bdi>
        </strong>
        <span>
          {purpose}
          {waiting > 0 && ` · ${t('hooks.waiting', { count: waiting })}`}
        </span>
        {lastError !== null && !isHealthy(hook) && <span className="problem-text">{lastError}</span>}
      </div>
      <span className="tag">{t(`hooks.kind.${kind}`)}</span>
      {state === 'paused' && <span className="tag">{t('hooks.paused')}</span>}
      {state === 'dead' && <span className="tag tag-problem">{t('hooks.dead')}</span>}
      <Menu
        label={label}
        items={items}
        trigger={(props) => <IconButton {...props} icon={Ellipsis} size="small" label={label} />}
      />
      {isAsking && (
        <ConfirmDialog
          title={t('hooks.deleteTitle', { name })}
          text={t(kind === 'incoming' ? 'hooks.deleteIn' : 'hooks.deleteOut')}
          action={t('hooks.delete')}
          onConfirm={() => attempt(client.call('webhook.delete', { webhookId: id }).then(onChanged))}
          onClose={() => setAsking(false)}
        />
      )}
    </li>
  );
}

/** What went wrong once is no news when all has arrived since. */
function isHealthy({ state, waiting }: WebhookView): boolean {
  return state === 'active' && waiting === 0;
}

function hostOf(url: string | null): string {
  return url !== null && URL.canParse(url) ? new URL(url).host : '…';
}
