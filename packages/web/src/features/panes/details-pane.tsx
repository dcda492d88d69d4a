import type { ChannelSummary } from '@parley/client';
import type { MembershipView } from '@parley/protocol';
import { Archive, ArchiveRestore, CalendarDays, Link, LogOut, Pencil, Pin, Search, UserPlus } from 'lucide-react';
import { useId, useState } from 'react';
import { useChannelTitle } from '../../chat/channel-title.ts';
import { mayIn } from '../../chat/permissions.ts';
import { useChannel } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { hrefOf, navigate, toChannel } from '../../lib/routes.ts';
import { Button } from '../../ui/button.tsx';
import { usePopover } from '../../ui/use-popover.ts';
import { AddMembersDialog } from '../dialogs/add-members-dialog.tsx';
import { EditChannelDialog } from '../dialogs/edit-channel-dialog.tsx';
import { InviteDialog } from '../dialogs/invite-dialog.tsx';
import { JumpPopover } from '../jump/jump-to-date.tsx';
import { useAttempt } from '../message/use-message-actions.ts';
import { withFilter } from '../search/search-text.ts';
import { PaneFrame } from './pane.tsx';

const NOTIFY = ['all', 'mentions', 'none'] as const satisfies readonly MembershipView['notify'][];
type OpenDialog = 'edit' | 'add' | 'invite' | null;

/** What a channel is, what of it asks for attention, and how to change or leave it. */
export function DetailsPane({ info, onClose }: { readonly info: ChannelSummary; readonly onClose: () => void }) {
  const { t } = useWords();
  const { title } = useChannelTitle(info);
  const [open, setOpen] = useState<OpenDialog>(null);
  const { topic, kind } = info.channel;
  const isDirect = kind === 'direct';
  return (
    <PaneFrame title={t('details.title')} subtitle={title} onClose={onClose}>
      <div className="pane-body">
        {!isDirect && (
          <section className="details-section">
            <h3>{t('details.topic')}</h3>
            <p>{topic === '' ? t('details.noTopic') : topic}</p>
            <p className="soft-text">{t(kind === 'public' ? 'details.public' : 'details.private')}</p>
          </section>
        )}
        <section className="details-section details-links" aria-label={t('details.find')}>
          <a className="menu-item" href={hrefOf(toChannel(info.id, { name: 'pins' }))}>
            <Pin size={16} aria-hidden="true" />
            {t('pins.title')}
          </a>
          {!isDirect && (
            <a className="menu-item" href={hrefOf({ name: 'search', query: withFilter('', 'in', title) })}>
              <Search size={16} aria-hidden="true" />
              {t('search.here')}
            </a>
          )}
          <JumpRow info={info} />
        </section>
        <NotifyChoice info={info} />
        {!isDirect && <ManageSection info={info} onOpen={setOpen} />}
      </div>
      {open === 'edit' && <EditChannelDialog info={info} onClose={() => setOpen(null)} />}
      {open === 'add' && <AddMembersDialog info={info} onClose={() => setOpen(null)} />}
      {open === 'invite' && <InviteDialog channelId={info.id} onClose={() => setOpen(null)} />}
    </PaneFrame>
  );
}

function JumpRow({ info }: { readonly info: ChannelSummary }) {
  const { t } = useWords();
  const { isOpen, close, anchor, trigger } = usePopover();
  return (
    <>
      <button {...trigger} type="button" className="menu-item">
        <CalendarDays size={16} aria-hidden="true" />
        {t('jump.title')}
      </button>
      {isOpen && <JumpPopover channelId={info.id} anchor={anchor} onClose={close} />}
    </>
  );
}

function NotifyChoice({ info }: { readonly info: ChannelSummary }) {
  const { t } = useWords();
  const channel = useChannel(info.id);
  const attempt = useAttempt();
  const name = useId();
  return (
    <section className="details-section">
      <fieldset>
        <legend className="field-label">{t('details.notify')}</legend>
        {NOTIFY.map((choice) => (
          <label key={choice} className="choice">
            <input
              type="radio"
              name={name}
              checked={info.membership?.notify === choice}
              onChange={() => attempt(channel.notify(choice))}
            />
            <span>
              {t(`details.notify.${choice}`)}
              <small>{t(`details.notifyHint.${choice}`)}</small>
            </span>
          </label>
        ))}
      </fieldset>
    </section>
  );
}

interface ManageSectionProps {
  readonly info: ChannelSummary;
  readonly onOpen: (dialog: OpenDialog) => void;
}

function ManageSection({ info, onOpen }: ManageSectionProps) {
  const { t } = useWords();
  const channel = useChannel(info.id);
  const attempt = useAttempt();
  const isArchived = info.channel.archivedAt !== null;
  const leave = () => attempt(channel.leave().then(() => navigate({ name: 'home' })));
  return (
    <section className="details-section">
      {mayIn(info, 'channel.update') && (
        <Button look="quiet" icon={Pencil} onClick={() => onOpen('edit')}>
          {t('details.edit')}
        </Button>
      )}
      {mayIn(info, 'member.invite') && (
        <>
          <Button look="quiet" icon={UserPlus} onClick={() => onOpen('add')}>
            {t('members.add')}
          </Button>
          <Button look="quiet" icon={Link} onClick={() => onOpen('invite')}>
            {t('invite.title')}
          </Button>
        </>
      )}
      {mayIn(info, 'channel.archive') && (
        <Button
          look="quiet"
          icon={isArchived ? ArchiveRestore : Archive}
          onClick={() => attempt(channel.archive(!isArchived))}
        >
          {isArchived ? t('details.unarchive') : t('details.archive')}
        </Button>
      )}
      <Button look="quiet" icon={LogOut} onClick={leave}>
        {t('details.leave')}
      </Button>
    </section>
  );
}
