import { useEffect } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';
import { errorText } from '../../chat/error-text.ts';
import { useConnection } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { navigate, type Route, toChannel } from '../../lib/routes.ts';
import { notify } from '../../ui/notices.tsx';

/** Takes up the invitation that the address names: whoever has an account already comes to its channel. */
export function useInvitation(route: Route): void {
  const client = useClient();
  const words = useWords();
  const isOnline = useConnection().current === 'online';
  const code = route.name === 'join' ? route.code : null;
  const isSpent = route.name === 'welcome';
  useEffect(() => {
    if (isSpent) navigate({ name: 'home' }, { replace: true });
    if (code === null || !isOnline) return;
    navigate({ name: 'home' }, { replace: true });
    client.acceptInvitation(code).then(
      (channel) => navigate(toChannel(channel.id), { replace: true }),
      (error: unknown) => {
        // An invitation to the server alone has led here already: there is no channel to come to.
        if (client.channels.getSnapshot().length === 0) return;
        notify(errorText(words, error), 'problem');
      },
    );
  }, [client, code, isSpent, isOnline, words]);
}
