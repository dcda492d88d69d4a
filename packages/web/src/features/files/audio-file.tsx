import type { AttachmentView } from '@parley/protocol';
import { Pause, Play } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useWords } from '../../i18n/use-words.ts';
import { IconButton } from '../../ui/button.tsx';
import { barsOf, clockTime } from './audio-bars.ts';
import { useFileUrl } from './use-file-url.ts';
import './audio.css';

/** Only one clip is to be heard at a time. */
let playing: HTMLAudioElement | null = null;

/** Plays a voice clip or another sound: play and pause, where it is, and how fast. */
export function AudioFile({ file }: { readonly file: AttachmentView }) {
  const { t } = useWords();
  const ref = useRef<HTMLAudioElement>(null);
  const { url, renew } = useFileUrl(file.id);
  const [isPlaying, setPlaying] = useState(false);
  const [atMs, setAtMs] = useState(0);
  const [lengthMs, setLengthMs] = useState(file.durationMs ?? 0);
  const [speed, setSpeed] = useState(1);
  useEffect(() => {
    if (ref.current !== null) ref.current.playbackRate = speed;
  }, [speed]);
  const toggle = () => {
    const audio = ref.current;
    if (audio === null) return;
    if (!audio.paused) return audio.pause();
    if (playing !== audio) playing?.pause();
    playing = audio;
    // A browser that does not play it says so on the element itself.
    void audio.play().catch(() => {});
  };
  const nextSpeed = speed === 1 ? 1.5 : speed === 1.5 ? 2 : 1;
  return (
    <fieldset className="audio-file" aria-label={t('files.audio', { name: file.name })}>
      <IconButton
        icon={isPlaying ? Pause : Play}
        label={t(isPlaying ? 'files.pause' : 'files.play')}
        className="audio-play"
        disabled={url === null}
        onClick={toggle}
      />
      <div className="audio-line">
        <Bars waveform={file.waveform ?? []} share={lengthMs > 0 ? atMs / lengthMs : 0} />
        <input
          type="range"
          aria-label={t('files.position')}
          aria-valuetext={`${clockTime(atMs)} / ${clockTime(lengthMs)}`}
          min={0}
          max={Math.max(1, Math.round(lengthMs))}
          step={100}
          value={Math.min(atMs, Math.max(1, lengthMs))}
          onChange={(event) => {
            if (ref.current !== null) ref.current.currentTime = Number(event.target.value) / 1_000;
            setAtMs(Number(event.target.value));
          }}
        />
      </div>
      <span className="audio-time">{clockTime(isPlaying || atMs > 0 ? atMs : lengthMs)}</span>
      <button
        type="button"
        className="audio-speed"
        aria-label={t('files.speed', { speed })}
        onClick={() => setSpeed(nextSpeed)}
      >
        {speed}×
      </button>
      {/* biome-ignore lint/a11y/useMediaCaption: nobody has written down what was said. */}
      <audio
        ref={ref}
        src={url ?? undefined}
        preload="metadata"
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onTimeUpdate={(event) => setAtMs(event.currentTarget.currentTime * 1_000)}
        onEnded={() => setAtMs(0)}
        onError={renew}
        onLoadedMetadata={(event) => {
          const { duration } = event.currentTarget;
          if (Number.isFinite(duration)) setLengthMs(duration * 1_000);
        }}
      />
    </fieldset>
  );
}

function Bars({ waveform, share }: { readonly waveform: readonly number[]; readonly share: number }) {
  const bars = barsOf(waveform);
  return (
    <span className="audio-bars" aria-hidden="true">
      {bars.map((height, index) => {
        const key = `${index}-${height}`;
        const isPast = index / bars.length < share;
        return <span key={key} className={isPast ? 'bar bar-past' : 'bar'} style={{ height: `${height}%` }} />;
      })}
    </span>
  );
}
