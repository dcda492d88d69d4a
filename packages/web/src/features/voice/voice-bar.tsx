import { SendHorizontal, Trash2 } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { useWords } from '../../i18n/use-words.ts';
import { useStore } from '../../lib/use-store.ts';
import { IconButton } from '../../ui/button.tsx';
import { clockTime } from '../files/audio-bars.ts';
import type { Recording } from './recorder.ts';
import './voice.css';

/** As many as fit on a phone; a wide composer shows them wider apart. */
const BARS = 48;
const LOWEST = 8;

interface VoiceBarProps {
  readonly recording: Recording;
  readonly onSend: () => void;
  readonly onCancel: () => void;
}

/** What is recorded just now, in the place of the text: how loud, how long, and what is to become of it. */
export function VoiceBar({ recording, onSend, onCancel }: VoiceBarProps) {
  const { t } = useWords();
  const { levels, durationMs, isFull } = useStore(recording.hearing);
  const send = useRef<HTMLButtonElement>(null);
  useEffect(() => send.current?.focus(), []);
  const shown = levels.slice(-BARS);
  return (
    <fieldset
      className="voice-bar"
      aria-label={t('voice.title')}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.preventDefault();
        onCancel();
      }}
    >
      <IconButton icon={Trash2} label={t('voice.discard')} keys="Esc" size="small" onClick={onCancel} />
      <span className={isFull ? 'voice-light voice-full' : 'voice-light'} aria-hidden="true" />
      <span className="voice-bars" aria-hidden="true">
        {Array.from({ length: BARS }, (_, index) => {
          const level = shown[index - (BARS - shown.length)] ?? 0;
          const key = `bar-${index}`;
          return <span key={key} className="bar" style={{ height: `${Math.max(LOWEST, level)}%` }} />;
        })}
      </span>
      <span className="voice-time" role="timer" aria-label={t('voice.length')}>
        {clockTime(durationMs)}
      </span>
      {isFull && (
        <span className="soft-text" role="status">
          {t('voice.full')}
        </span>
      )}
      <IconButton
        ref={send}
        icon={SendHorizontal}
        label={t('voice.send')}
        keys="Enter"
        size="small"
        className="composer-send"
        onClick={onSend}
      />
    </fieldset>
  );
}
