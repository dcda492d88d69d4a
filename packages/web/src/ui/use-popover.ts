import { type RefObject, useCallback, useRef, useState } from 'react';

interface PopoverControl {
  readonly isOpen: boolean;
  readonly close: () => void;
  /** What the popover stands beside: the button that has `trigger`. */
  readonly anchor: RefObject<HTMLButtonElement | null>;
  /** What makes a button open and close it. */
  readonly trigger: {
    readonly ref: RefObject<HTMLButtonElement | null>;
    readonly 'aria-expanded': boolean;
    readonly onClick: () => void;
  };
}

/** A button and the popover that it opens: mount the popover while `isOpen`. */
export function usePopover(onOpenChange?: (isOpen: boolean) => void): PopoverControl {
  const anchor = useRef<HTMLButtonElement>(null);
  const [isOpen, setOpen] = useState(false);
  const change = useCallback(
    (next: boolean) => {
      setOpen(next);
      onOpenChange?.(next);
    },
    [onOpenChange],
  );
  const close = useCallback(() => change(false), [change]);
  return {
    isOpen,
    close,
    anchor,
    trigger: { ref: anchor, 'aria-expanded': isOpen, onClick: () => change(!isOpen) },
  };
}
