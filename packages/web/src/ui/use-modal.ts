import { type MouseEvent, type SyntheticEvent, useLayoutEffect, useRef } from 'react';

/**
 * Makes a `dialog` element modal while it is mounted: the browser keeps the focus within and gives it back, Escape and a click on the
 * scrim around it close. `first` chooses what gets the focus, where the browser's own choice is not meant.
 */
export function useModal(onClose: () => void, first?: (dialog: HTMLDialogElement) => HTMLElement | null) {
  const ref = useRef<HTMLDialogElement>(null);
  const isPressed = useRef(false);
  const choose = useRef(first);
  // A layout effect, for its end: only while it is still in the page can the browser give the focus back.
  useLayoutEffect(() => {
    const dialog = ref.current;
    if (dialog === null || dialog.open) return;
    dialog.showModal();
    choose.current?.(dialog)?.focus();
    return () => dialog.close();
  }, []);
  return {
    ref,
    onCancel: (event: SyntheticEvent) => {
      // A file input or an inner popover cancels too: that is not ours.
      if (event.target !== ref.current) return;
      event.preventDefault();
      onClose();
    },
    // With the click and not before, else a tap would go on to what lies below. Only where it began there too: a text that is marked
    // with the pointer may end outside.
    onPointerDown: (event: MouseEvent) => {
      isPressed.current = event.target === ref.current;
    },
    onClick: (event: MouseEvent) => {
      if (isPressed.current && event.target === ref.current) onClose();
    },
  };
}
