import type { ChannelId } from '@parley/protocol';
import { CalendarDays } from 'lucide-react';
import { type RefObject, useState } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';
import { useWords } from '../../i18n/use-words.ts';
import { NO_PANE, navigate, toChannel } from '../../lib/routes.ts';
import { IconButton } from '../../ui/button.tsx';
import { Popover } from '../../ui/popover.tsx';
import { Spinner } from '../../ui/spinner.tsx';
import { TextField } from '../../ui/text-field.tsx';
import { usePopover } from '../../ui/use-popover.ts';
import { useAttempt } from '../message/use-message-actions.ts';
import { findMoment } from './find-day.ts';
import './jump.css';

const QUICK = { yesterday: 1, week: 7, month: 30 } as const;

interface JumpProps {
  readonly channelId: ChannelId;
}

interface JumpPopoverProps extends JumpProps {
  readonly anchor: RefObject<Element | null>;
  readonly onClose: () => void;
}

/** Chooses a day of a channel to go to. */
export function JumpPopover({ channelId, anchor, onClose }: JumpPopoverProps) {
  const { t } = useWords();
  const client = useClient();
  const attempt = useAttempt();
  const [isBusy, setBusy] = useState(false);
  const go = (timeMs: number) => {
    setBusy(true);
    const going = findMoment(client, channelId, timeMs).then((seq) => {
      onClose();
      if (seq !== null) navigate(toChannel(channelId, NO_PANE, seq));
    });
    attempt(going.finally(() => setBusy(false)));
  };
  const today = new Date().setHours(0, 0, 0, 0);
  return (
    <Popover anchor={anchor} align="end" role="dialog" label={t('jump.title')} className="jump" onClose={onClose}>
      <p className="jump-title">
        {t('jump.title')} {isBusy && <Spinner />}
      </p>
      <TextField
        label={t('jump.day')}
        type="date"
        max={dayOf(Date.now())}
        onChange={(event) => {
          // While the year is typed it passes through the first centuries.
          if (/^[12]\d{3}-/.test(event.target.value)) go(new Date(`${event.target.value}T00:00`).getTime());
        }}
      />
      <div className="jump-quick">
        {(['yesterday', 'week', 'month'] as const).map((name) => (
          <button key={name} type="button" className="menu-item" onClick={() => go(daysBefore(today, QUICK[name]))}>
            {t(`jump.${name}`)}
          </button>
        ))}
        <button type="button" className="menu-item" onClick={() => go(0)}>
          {t('jump.start')}
        </button>
      </div>
    </Popover>
  );
}

/** Opens the choice of a day. */
export function JumpButton({ channelId }: JumpProps) {
  const { t } = useWords();
  const { isOpen, close, anchor, trigger } = usePopover();
  return (
    <>
      <IconButton {...trigger} icon={CalendarDays} label={t('jump.title')} />
      {isOpen && <JumpPopover channelId={channelId} anchor={anchor} onClose={close} />}
    </>
  );
}

/** Days of a calendar are not all of one length. */
function daysBefore(startMs: number, days: number): number {
  const date = new Date(startMs);
  return date.setDate(date.getDate() - days);
}

function dayOf(ms: number): string {
  const date = new Date(ms);
  return new Date(ms - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
}
