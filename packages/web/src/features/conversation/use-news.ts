import type { ChannelId } from '@parley/protocol';
import { useEffect } from 'react';
import { announce } from '../../a11y/announcer.tsx';
import { useClient } from '../../chat/chat-provider.tsx';
import { useWords } from '../../i18n/use-words.ts';
import { plainText } from '../markdown/plain-text.ts';

const MAX_SAID = 200;

/** Says new messages of the open conversation to those who do not see them. */
export function useNews(channelId: ChannelId): void {
  const client = useClient();
  const { t } = useWords();
  useEffect(
    () =>
      client.on('message', ({ message, isLive }) => {
        if (!isLive || message.channelId !== channelId || message.senderId === client.me.getSnapshot()?.id) return;
        void client.users.get(message.senderId).then(
          (user) =>
            announce(
              t('news.message', {
                name: user?.displayName ?? '',
                text: plainText(message.body, MAX_SAID) || t('message.file'),
              }),
            ),
          () => {},
        );
      }),
    [client, channelId, t],
  );
}
