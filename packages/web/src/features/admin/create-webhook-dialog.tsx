import type { ChannelId, WebhookEventName } from '@parley/protocol';
import { LIMITS } from '@parley/protocol/constants';
import { useId, useState } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';
import { useWords } from '../../i18n/use-words.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { SecretDialog } from '../../ui/secret-dialog.tsx';
import { SelectField } from '../../ui/select-field.tsx';
import { TextField } from '../../ui/text-field.tsx';
import { Problem } from '../entrance/problem.tsx';
import { useSubmit } from '../entrance/use-submit.ts';
import type { HookChannel } from './use-hook-channels.ts';

const KINDS = ['incoming', 'outgoing'] as const;
const EVENTS = ['message.created', 'message.updated', 'message.deleted'] as const satisfies readonly WebhookEventName[];

interface CreateWebhookDialogProps {
  readonly channels: readonly HookChannel[];
  readonly onClose: () => void;
}

/** Makes a webhook. The address of an incoming one, or the secret of an outgoing one, is shown once. */
export function CreateWebhookDialog({ channels, onClose }: CreateWebhookDialogProps) {
  const { t } = useWords();
  const client = useClient();
  const group = useId();
  const [kind, setKind] = useState<(typeof KINDS)[number]>('incoming');
  const [name, setName] = useState('');
  const [channelId, setChannelId] = useState<ChannelId | ''>('');
  const [url, setUrl] = useState('');
  const [events, setEvents] = useState<readonly WebhookEventName[]>(EVENTS);
  const [made, setMade] = useState<{ readonly secret: string | null; readonly path: string | null } | null>(null);
  const { isBusy, problem, fieldProblems, onSubmit } = useSubmit(async () => {
    const where = channelId === '' ? {} : { channelId };
    const whom = kind === 'outgoing' ? { url: url.trim(), events: [...events] } : {};
    setMade(await client.call('webhook.create', { kind, name: name.trim(), ...where, ...whom }));
  });
  if (made !== null) return <MadeDialog {...made} onClose={onClose} />;
  const isComplete = kind === 'incoming' ? channelId !== '' : events.length > 0;
  return (
    <Dialog title={t('hooks.create')} onClose={onClose}>
      <form className="dialog-form" onSubmit={onSubmit}>
        <Problem text={problem} />
        <fieldset>
          <legend className="field-label">{t('hooks.kind')}</legend>
          {KINDS.map((choice) => (
            <label key={choice} className="choice">
              <input type="radio" name={group} checked={kind === choice} onChange={() => setKind(choice)} />
              <span>
                {t(`hooks.kind.${choice}`)}
                <small>{t(`hooks.kind.${choice}Text`)}</small>
              </span>
            </label>
          ))}
        </fieldset>
        <TextField
          label={t('hooks.name')}
          hint={kind === 'incoming' ? t('hooks.nameHint') : undefined}
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={fieldProblems.name}
          maxLength={LIMITS.nameCodePoints}
          autoComplete="off"
          required
        />
        <SelectField
          label={t('hooks.channel')}
          value={channelId}
          onChange={(value) => setChannelId(channels.find(({ id }) => id === value)?.id ?? '')}
        >
          <option value="">{t(kind === 'incoming' ? 'hooks.chooseChannel' : 'hooks.anyChannel')}</option>
          {channels.map(({ id, label }) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
        </SelectField>
        {kind === 'outgoing' && (
          <OutgoingFields url={url} onUrl={setUrl} problem={fieldProblems.url} events={events} onEvents={setEvents} />
        )}
        <div className="dialog-foot">
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" look="primary" disabled={!isComplete} isBusy={isBusy}>
            {t('admin.create')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface OutgoingFieldsProps {
  readonly url: string;
  readonly onUrl: (url: string) => void;
  readonly problem: string | undefined;
  readonly events: readonly WebhookEventName[];
  readonly onEvents: (events: readonly WebhookEventName[]) => void;
}

/** Whom an outgoing webhook tells, and of what. */
function OutgoingFields({ url, onUrl, problem, events, onEvents }: OutgoingFieldsProps) {
  const { t } = useWords();
  const toggle = (event: WebhookEventName) => {
    // In their own order, whatever the order of the clicks.
    onEvents(EVENTS.filter((known) => (known === event) !== events.includes(known)));
  };
  return (
    <>
      <TextField
        label={t('hooks.url')}
        type="url"
        placeholder="https://example.com/hook"
        value={url}
        onChange={(event) => onUrl(event.target.value)}
        error={problem}
        autoComplete="off"
        required
      />
      <fieldset>
        <legend className="field-label">{t('hooks.events')}</legend>
        {EVENTS.map((event) => (
          <label key={event} className="choice">
            <input type="checkbox" checked={events.includes(event)} onChange={() => toggle(event)} />
            <span>{t(`hooks.event.${event}`)}</span>
          </label>
        ))}
      </fieldset>
    </>
  );
}

interface MadeDialogProps {
  readonly secret: string | null;
  readonly path: string | null;
  readonly onClose: () => void;
}

function MadeDialog({ secret, path, onClose }: MadeDialogProps) {
  const { t } = useWords();
  if (path !== null) {
    return (
      <SecretDialog
        title={t('hooks.readyIn')}
        text={t('hooks.readyInText')}
        label={t('hooks.address')}
        copyLabel={t('hooks.copyAddress')}
        secret={`${location.origin}${path}`}
        onClose={onClose}
      />
    );
  }
  return (
    <SecretDialog
      title={t('hooks.readyOut')}
      text={t('hooks.readyOutText')}
      label={t('hooks.secret')}
      copyLabel={t('hooks.copySecret')}
      secret={secret ?? ''}
      onClose={onClose}
    />
  );
}
