import type { InvitationView } from '@parley/protocol';
import { Link, UserPlus } from 'lucide-react';
import { useState } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';
import { useChannels } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { Button } from '../../ui/button.tsx';
import { Spinner } from '../../ui/spinner.tsx';
import { InviteDialog } from '../dialogs/invite-dialog.tsx';
import { Problem } from '../entrance/problem.tsx';
import { useAttempt } from '../message/use-message-actions.ts';
import { NO_INPUT, useAnswer } from './use-answer.ts';

/** The invitations that one has made; those who manage the server see all. */
export function InvitationsSection() {
  const { t } = useWords();
  const client = useClient();
  const attempt = useAttempt();
  const [isMaking, setMaking] = useState(false);
  const { output, problem, reload } = useAnswer('invitation.list', NO_INPUT);
  return (
    <section className="section-part">
      <div className="section-head">
        <h2>{t('settings.invitations')}</h2>
        <Button icon={UserPlus} look="primary" onClick={() => setMaking(true)}>
          {t('invite.new')}
        </Button>
      </div>
      <p className="soft-text">{t('invitations.text')}</p>
      <Problem text={problem} />
      {output === null && problem === null && <Spinner />}
      {output?.invitations.length === 0 && <p className="soft-text">{t('invitations.none')}</p>}
      {output !== null && output.invitations.length > 0 && (
        <ul className="rows">
          {output.invitations.map((invitation) => (
            <InvitationRow
              key={invitation.id}
              invitation={invitation}
              onRevoke={() => attempt(client.call('invitation.revoke', { invitationId: invitation.id }).then(reload))}
            />
          ))}
        </ul>
      )}
      {isMaking && (
        <InviteDialog
          onClose={() => {
            setMaking(false);
            reload();
          }}
        />
      )}
    </section>
  );
}

interface InvitationRowProps {
  readonly invitation: InvitationView;
  readonly onRevoke: () => void;
}

function InvitationRow({ invitation, onRevoke }: InvitationRowProps) {
  const { t, format } = useWords();
  const { channelId, role, uses, maxUses, expiresAt } = invitation;
  const channel = useChannels().find(({ id }) => id === channelId)?.channel;
  const until =
    expiresAt === null ? t('invitations.forever') : t('invitations.until', { when: format.day(expiresAt, Date.now()) });
  return (
    <li>
      <Link size={20} aria-hidden="true" />
      <div className="member-names">
        <strong>
          {channelId === null ? t('invitations.server') : `#${channel?.name ?? '…'}`} · {t(`role.${role}`)}
        </strong>
        <span>
          {maxUses === null
            ? t('invitations.used', { count: uses })
            : t('invitations.usedOf', { count: uses, max: maxUses })}{' '}
          · {until}
        </span>
      </div>
      <Button onClick={onRevoke}>{t('invitations.revoke')}</Button>
    </li>
  );
}
