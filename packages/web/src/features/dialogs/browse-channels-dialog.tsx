import type { ChannelView } from '@parley/protocol';
import { Hash, Plus, Search } from 'lucide-react';
import { useState } from 'react';
import { useChannel, useChannels } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { navigate, toChannel } from '../../lib/routes.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Spinner } from '../../ui/spinner.tsx';
import { TextField } from '../../ui/text-field.tsx';
import { useAttempt } from '../message/use-message-actions.ts';
import { usePublicChannels } from './use-public-channels.ts';
import './browse-channels-dialog.css';

export interface BrowseChannelsDialogProps {
  readonly onCreate: () => void;
  readonly onClose: () => void;
}

/** The public channels of the server: to find out about, join and open. */
export function BrowseChannelsDialog({ onCreate, onClose }: BrowseChannelsDialogProps) {
  const { t } = useWords();
  const [query, setQuery] = useState('');
  const found = usePublicChannels(query);
  return (
    <Dialog
      title={t('browse.title')}
      size="large"
      onClose={onClose}
      footer={
        <Button icon={Plus} onClick={onCreate}>
          {t('channel.create')}
        </Button>
      }
    >
      <TextField
        label={t('browse.search')}
        hidesLabel
        type="search"
        placeholder={t('browse.search')}
        value={query}
        onChange={(event) => setQuery(event.target.value)}
        before={<Search size={16} aria-hidden="true" />}
      />
      <ul className="browse-list">
        {found === null && <Spinner />}
        {found?.length === 0 && <li className="soft-text">{t('browse.none')}</li>}
        {found?.map((channel) => (
          <BrowseRow key={channel.id} channel={channel} onClose={onClose} />
        ))}
      </ul>
    </Dialog>
  );
}

function BrowseRow({ channel, onClose }: { readonly channel: ChannelView; readonly onClose: () => void }) {
  const { t } = useWords();
  const handle = useChannel(channel.id);
  const isMember = useChannels().some(({ id }) => id === channel.id);
  const attempt = useAttempt();
  const open = () => {
    onClose();
    navigate(toChannel(channel.id));
  };
  return (
    <li className="browse-row">
      <Hash size={18} aria-hidden="true" />
      <div className="member-names">
        <strong>
          <bdi>{channel.name}</bdi>
        </strong>
        <span>
          {t('channel.members', { count: channel.memberCount })}
          {channel.topic !== '' && ` · ${channel.topic}`}
        </span>
      </div>
      {isMember ? (
        <Button aria-label={t('browse.openNamed', { name: channel.name ?? '' })} onClick={open}>
          {t('browse.open')}
        </Button>
      ) : (
        <Button
          look="primary"
          aria-label={t('browse.joinNamed', { name: channel.name ?? '' })}
          onClick={() => attempt(handle.join().then(open))}
        >
          {t('browse.join')}
        </Button>
      )}
    </li>
  );
}
