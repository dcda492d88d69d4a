import { LIMITS } from '@parley/protocol/constants';

/** Speech stays far below full scale; without this its bars would be dots. */
const GAIN = 2.5;

/** How loud a piece of sound is, 0 to 100, from its samples between -1 and 1. */
export function levelOf(samples: Float32Array): number {
  if (samples.length === 0) return 0;
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.min(100, Math.round(Math.sqrt(sum / samples.length) * GAIN * 100));
}

/** The levels of a whole clip as the few points that travel with it: of each part its loudest. */
export function waveformOf(levels: readonly number[]): readonly number[] {
  const count = Math.min(levels.length, LIMITS.waveformPoints);
  return Array.from({ length: count }, (_, index) => {
    const from = Math.floor((index * levels.length) / count);
    const to = Math.floor(((index + 1) * levels.length) / count);
    return Math.max(...levels.slice(from, to));
  });
}
