import { Announcer } from './a11y/announcer.tsx';
import { ChatProvider } from './chat/chat-provider.tsx';
import { running } from './chat/run-client.ts';
import { Entrance } from './features/entrance/entrance.tsx';
import { Shell } from './features/shell/shell.tsx';
import { useStore } from './lib/use-store.ts';
import { Notices } from './ui/notices.tsx';
import { Tooltip } from './ui/tooltip.tsx';

/** The whole app: the way in, or what is behind it. */
export function App() {
  const current = useStore(running);
  return (
    <>
      {/* First, so that dialogs come on top. */}
      <Notices />
      {current === null ? (
        <Entrance />
      ) : (
        <ChatProvider key={current.session.token} running={current}>
          <Shell />
        </ChatProvider>
      )}
      <Announcer />
      <Tooltip />
    </>
  );
}
