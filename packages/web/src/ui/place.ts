/** A rectangle on the screen. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface Placement {
  readonly side: 'above' | 'below';
  readonly align: 'start' | 'end' | 'center';
}

const GAP = 6;
const MARGIN = 8;

/** Where a box of `size` goes beside its anchor: on the wished side if there is room, on the other if there is more, always on the screen. */
export function placeBeside(
  anchor: Box,
  size: Pick<Box, 'width' | 'height'>,
  screen: Pick<Box, 'width' | 'height'>,
  { side, align }: Placement,
): { left: number; top: number; maxHeight: number } {
  const roomAbove = anchor.top - GAP - MARGIN;
  const roomBelow = screen.height - (anchor.top + anchor.height) - GAP - MARGIN;
  const wished = side === 'above' ? roomAbove : roomBelow;
  const other = side === 'above' ? roomBelow : roomAbove;
  const flips = wished < size.height && other > wished;
  const isAbove = (side === 'above') !== flips;
  const maxHeight = Math.max(0, isAbove ? roomAbove : roomBelow);
  const height = Math.min(size.height, maxHeight);
  const left = {
    start: anchor.left,
    end: anchor.left + anchor.width - size.width,
    center: anchor.left + (anchor.width - size.width) / 2,
  }[align];
  return {
    left: clamp(left, MARGIN, screen.width - size.width - MARGIN),
    top: isAbove ? anchor.top - GAP - height : anchor.top + anchor.height + GAP,
    maxHeight,
  };
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, high));
}
