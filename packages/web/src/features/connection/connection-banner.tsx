import { CloudOff, RefreshCw } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useConnection } from '../../chat/use-chat.ts';
import { useOutbox } from '../../chat/use-outbox.ts';
import { useWords } from '../../i18n/use-words.ts';
import { Button } from '../../ui/button.tsx';
import { Spinner } from '../../ui/spinner.tsx';
import './connection-banner.css';

/** A connection that comes back this soon was never worth a word. */
const GRACE_MS = 1_500;

/** Says when what one sees may be out of date, and what waits to be sent. Silent while all is well. */
export function ConnectionBanner() {
  const { t } = useWords();
  const { current, retryInMs } = useConnection();
  const { waiting } = useOutbox();
  const isDown = useLasting(current !== 'online' && current !== 'idle' && current !== 'closed', GRACE_MS);
  const hasNetwork = useBrowserOnline();
  const isOffline = current === 'offline' || !hasNetwork;
  const waits = waiting === 0 ? '' : ` ${t('connection.waiting', { count: waiting })}`;
  return (
    <div className="connection-region" role="status">
      {isDown && current === 'failed' && (
        <div className="connection-banner connection-failed">
          <CloudOff size={16} aria-hidden="true" />
          <p>{t('connection.failed')}</p>
          <Button icon={RefreshCw} onClick={() => location.reload()}>
            {t('connection.reload')}
          </Button>
        </div>
      )}
      {isDown && current !== 'failed' && (
        <div className="connection-banner">
          {isOffline ? <CloudOff size={16} aria-hidden="true" /> : <Spinner />}
          <p>
            {isOffline
              ? t('connection.offline')
              : t(current === 'connecting' ? 'connection.connecting' : 'connection.reconnecting')}
            {waits}
          </p>
          {retryInMs !== null && <span className="hidden-text">{t('connection.retrying')}</span>}
        </div>
      )}
    </div>
  );
}

/** True once `value` has been true for a while. */
function useLasting(value: boolean, afterMs: number): boolean {
  const [hasLasted, setLasted] = useState(false);
  useEffect(() => {
    if (!value) return setLasted(false);
    const timer = setTimeout(() => setLasted(true), afterMs);
    return () => clearTimeout(timer);
  }, [value, afterMs]);
  return value && hasLasted;
}

function useBrowserOnline(): boolean {
  const [isOnline, setOnline] = useState(navigator.onLine);
  useEffect(() => {
    const update = () => setOnline(navigator.onLine);
    window.addEventListener('online', update);
    window.addEventListener('offline', update);
    return () => {
      window.removeEventListener('online', update);
      window.removeEventListener('offline', update);
    };
  }, []);
  return isOnline;
}
