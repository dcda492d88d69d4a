/** The room that an image gets in a message. */
export const MAX_WIDTH = 400;
export const MAX_HEIGHT = 320;
/** Thinner or lower than this nobody could hit it. */
const MIN_SIDE = 48;

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The size in which an image is shown: its own, or as much smaller as it must be. An unknown size gets a usual one. */
export function shownSize(width: number | undefined, height: number | undefined): Size {
  if (width === undefined || height === undefined || width < 1 || height < 1) return { width: 320, height: 240 };
  const scale = Math.min(1, MAX_WIDTH / width, MAX_HEIGHT / height);
  return {
    width: Math.max(MIN_SIDE, Math.round(width * scale)),
    height: Math.max(MIN_SIDE, Math.round(height * scale)),
  };
}
