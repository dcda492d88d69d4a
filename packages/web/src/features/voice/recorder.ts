import { createStore, type LocalStore } from '../../lib/store.ts';
import type { ClipFacts } from '../files/uploads.ts';
import { levelOf, waveformOf } from './waveform.ts';

/** How often the microphone is looked at: often enough for bars that move, seldom enough to cost nothing. */
const LOOK_MS = 60;
/** Nobody listens to more, and a clip of this length stays a few megabytes. */
export const MAX_CLIP_MS = 10 * 60_000;
const BITS_PER_SECOND = 32_000;

/** Kinds of sound by where they can be played: the first that this browser records is taken. */
const KINDS = [
  { type: 'audio/mp4;codecs=mp4a.40.2', ending: 'm4a' },
  { type: 'audio/ogg;codecs=opus', ending: 'ogg' },
  { type: 'audio/webm;codecs=opus', ending: 'webm' },
] as const;

/** What is heard while it is recorded. */
export interface Hearing {
  readonly levels: readonly number[];
  readonly durationMs: number;
  /** True when the clip is as long as it may be: nothing more is recorded. */
  readonly isFull: boolean;
}

export interface Clip extends ClipFacts {
  readonly file: File;
}

/** A clip that is being recorded. */
export interface Recording {
  readonly hearing: LocalStore<Hearing>;
  /** Ends it and gives what was recorded. */
  finish(): Promise<Clip>;
  /** Ends it for nothing. */
  cancel(): void;
}

/** Why nothing can be recorded. */
export type RecordingProblem = 'refused' | 'missing' | 'taken' | 'insecure' | 'unable';

/** Asks for the microphone and begins. Rejects with what `problemOf` can tell. */
export async function startRecording(now: () => number = () => performance.now()): Promise<Recording> {
  const kind = KINDS.find(({ type }) => typeof MediaRecorder !== 'undefined' && MediaRecorder.isTypeSupported(type));
  // Browsers give the microphone to no page that somebody else could have changed on its way.
  if (!window.isSecureContext) throw new DOMException('the page is not secure', 'SecurityError');
  if (kind === undefined) throw new DOMException('nothing to record with', 'NotSupportedError');
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  });
  const recorder = new MediaRecorder(stream, { mimeType: kind.type, audioBitsPerSecond: BITS_PER_SECOND });
  const pieces: Blob[] = [];
  recorder.ondataavailable = ({ data }) => void pieces.push(data);
  const ended = new Promise<void>((resolve) => recorder.addEventListener('stop', () => resolve(), { once: true }));
  const ear = listen(stream);
  const hearing = createStore<Hearing>({ levels: [], durationMs: 0, isFull: false });
  const startedAt = now();
  const stop = () => {
    clearInterval(timer);
    ear.close();
    if (recorder.state !== 'inactive') recorder.stop();
    for (const track of stream.getTracks()) track.stop();
  };
  const timer = setInterval(() => {
    const durationMs = Math.min(MAX_CLIP_MS, now() - startedAt);
    const isFull = durationMs >= MAX_CLIP_MS;
    hearing.update(({ levels }) => ({ levels: [...levels, ear.level()], durationMs, isFull }));
    if (isFull) stop();
  }, LOOK_MS);
  recorder.start();
  return {
    hearing,
    async finish() {
      const { isFull } = hearing.getSnapshot();
      const durationMs = Math.round(isFull ? MAX_CLIP_MS : Math.min(MAX_CLIP_MS, now() - startedAt));
      stop();
      await ended;
      const name = `voice-${new Date().toISOString().slice(0, 16).replace(/\D/g, '-')}.${kind.ending}`;
      const file = new File(pieces, name, { type: kind.type });
      return { file, durationMs, waveform: waveformOf(hearing.getSnapshot().levels) };
    },
    cancel: stop,
  };
}

/** Hears how loud a stream is. */
function listen(stream: MediaStream): { level(): number; close(): void } {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 1_024;
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  return {
    level() {
      analyser.getFloatTimeDomainData(samples);
      return levelOf(samples);
    },
    close: () => void context.close(),
  };
}

const PROBLEMS: Readonly<Record<string, RecordingProblem>> = {
  NotAllowedError: 'refused',
  NotFoundError: 'missing',
  NotReadableError: 'taken',
  SecurityError: 'insecure',
};

/** What an error of `startRecording` means to the person at the microphone. */
export function problemOf(error: unknown): RecordingProblem {
  return (error instanceof DOMException ? PROBLEMS[error.name] : undefined) ?? 'unable';
}
