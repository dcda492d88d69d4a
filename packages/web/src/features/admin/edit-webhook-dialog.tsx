import type { WebhookView } from '@parley/protocol';
import { LIMITS } from '@parley/protocol/constants';
import { useState } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';
import { useWords } from '../../i18n/use-words.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { TextField } from '../../ui/text-field.tsx';
import { Problem } from '../entrance/problem.tsx';
import { useSubmit } from '../entrance/use-submit.ts';

/** Renames a webhook, or has it tell elsewhere. */
export function EditWebhookDialog({ hook, onClose }: { readonly hook: WebhookView; readonly onClose: () => void }) {
  const { t } = useWords();
  const client = useClient();
  const [name, setName] = useState(hook.name);
  const [url, setUrl] = useState(hook.url ?? '');
  const { isBusy, problem, fieldProblems, onSubmit } = useSubmit(async () => {
    const whom = hook.kind === 'outgoing' ? { url: url.trim() } : {};
    await client.call('webhook.update', { webhookId: hook.id, name: name.trim(), ...whom });
    onClose();
  });
  return (
    <Dialog title={t('hooks.edit')} size="small" onClose={onClose}>
      <form className="dialog-form" onSubmit={onSubmit}>
        <Problem text={problem} />
        <TextField
          label={t('hooks.name')}
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={fieldProblems.name}
          maxLength={LIMITS.nameCodePoints}
          autoComplete="off"
          required
        />
        {hook.kind === 'outgoing' && (
          <TextField
            label={t('hooks.url')}
            type="url"
            value={url}
            onChange={(event) => setUrl(event.target.value)}
            error={fieldProblems.url}
            autoComplete="off"
            required
          />
        )}
        <div className="dialog-foot">
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" look="primary" isBusy={isBusy}>
            {t('common.save')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
