import { useEffect, useRef, useState } from 'react';
import { announce } from '../../a11y/announcer.tsx';
import { useWords } from '../../i18n/use-words.ts';
import { notify } from '../../ui/notices.tsx';
import { type Clip, problemOf, type Recording, startRecording } from './recorder.ts';

interface Options {
  readonly onClip: (clip: Clip) => void;
  /** Nothing is recorded any more. */
  readonly onEnd: () => void;
}

interface Voice {
  /** What is being recorded; null while nothing is. */
  readonly recording: Recording | null;
  readonly start: () => void;
  readonly finish: () => void;
  readonly cancel: () => void;
}

/** Records a clip at a time. Whoever leaves the conversation is not heard any more. */
export function useVoice({ onClip, onEnd }: Options): Voice {
  const { t } = useWords();
  const [recording, setRecording] = useState<Recording | null>(null);
  const isAsking = useRef(false);
  const current = useRef<Recording | null>(null);
  const isGone = useRef(false);
  useEffect(() => {
    isGone.current = false;
    return () => {
      isGone.current = true;
      current.current?.cancel();
    };
  }, []);
  const show = (next: Recording | null) => {
    current.current = next;
    setRecording(next);
  };
  // The field is drawn again before it can be gone to.
  const wasRecording = useRef(false);
  useEffect(() => {
    if (recording === null && wasRecording.current) onEnd();
    wasRecording.current = recording !== null;
  }, [recording, onEnd]);
  const start = async () => {
    isAsking.current = true;
    try {
      const begun = await startRecording();
      if (isGone.current) return begun.cancel();
      show(begun);
      announce(t('voice.recording'));
    } catch (error) {
      notify(t(`voice.problem.${problemOf(error)}`), 'problem');
    } finally {
      isAsking.current = false;
    }
  };
  return {
    recording,
    start: () => {
      if (!isAsking.current && current.current === null) void start();
    },
    finish: () => {
      const done = current.current;
      show(null);
      void done?.finish().then(onClip);
    },
    cancel: () => {
      current.current?.cancel();
      show(null);
      announce(t('voice.discarded'));
    },
  };
}
