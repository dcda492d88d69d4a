import type { ChannelId } from '@parley/protocol';
import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';
import { useWords } from '../../i18n/use-words.ts';
import { hrefOf } from '../../lib/routes.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { SelectField } from '../../ui/select-field.tsx';
import { TextField } from '../../ui/text-field.tsx';
import { Problem } from '../entrance/problem.tsx';
import { useSubmit } from '../entrance/use-submit.ts';

const DAY_MS = 86_400_000;
const LIFETIMES = { day: DAY_MS, week: 7 * DAY_MS, month: 30 * DAY_MS, never: null } as const;
const USES = { one: 1, ten: 10, many: null } as const;
type Lifetime = keyof typeof LIFETIMES;
type Uses = keyof typeof USES;

export interface InviteDialogProps {
  /** The channel that the invited come to; left out for the server alone. */
  readonly channelId?: ChannelId;
  readonly onClose: () => void;
}

/** Makes a link by which others get an account here. */
export function InviteDialog({ channelId, onClose }: InviteDialogProps) {
  const { t } = useWords();
  const client = useClient();
  const [lifetime, setLifetime] = useState<Lifetime>('week');
  const [uses, setUses] = useState<Uses>('one');
  const [link, setLink] = useState<string | null>(null);
  const { isBusy, problem, onSubmit } = useSubmit(async () => {
    const { code } = await client.call('invitation.create', {
      ...(channelId === undefined ? {} : { channelId }),
      expiresInMs: LIFETIMES[lifetime],
      maxUses: USES[uses],
    });
    setLink(new URL(hrefOf({ name: 'join', code, channelId: channelId ?? null }), location.origin).href);
  });
  if (link !== null) return <LinkDialog link={link} onClose={onClose} />;
  return (
    <Dialog title={t('invite.title')} size="small" onClose={onClose}>
      <form className="dialog-form" onSubmit={onSubmit}>
        <p className="soft-text">{t(channelId === undefined ? 'invite.text' : 'invite.textChannel')}</p>
        <Problem text={problem} />
        <SelectField label={t('invite.lifetime')} value={lifetime} onChange={(value) => setLifetime(value as Lifetime)}>
          {(Object.keys(LIFETIMES) as Lifetime[]).map((name) => (
            <option key={name} value={name}>
              {t(`invite.lifetime.${name}`)}
            </option>
          ))}
        </SelectField>
        <SelectField label={t('invite.uses')} value={uses} onChange={(value) => setUses(value as Uses)}>
          {(Object.keys(USES) as Uses[]).map((name) => (
            <option key={name} value={name}>
              {t(`invite.uses.${name}`)}
            </option>
          ))}
        </SelectField>
        <div className="dialog-foot">
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" look="primary" isBusy={isBusy}>
            {t('invite.make')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function LinkDialog({ link, onClose }: { readonly link: string; readonly onClose: () => void }) {
  const { t } = useWords();
  const [isCopied, setCopied] = useState(false);
  const [hasFailed, setFailed] = useState(false);
  const copy = () => {
    navigator.clipboard.writeText(link).then(
      () => setCopied(true),
      () => setFailed(true),
    );
  };
  return (
    <Dialog
      title={t('invite.ready')}
      size="small"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t('common.close')}</Button>
          <Button look="primary" icon={isCopied ? Check : Copy} onClick={copy}>
            {isCopied ? t('message.copied') : t('invite.copy')}
          </Button>
        </>
      }
    >
      <p className="soft-text">{t('invite.readyText')}</p>
      <TextField
        label={t('invite.link')}
        value={link}
        readOnly
        error={hasFailed ? t('message.copyFailed') : null}
        onFocus={(event) => event.target.select()}
      />
    </Dialog>
  );
}
