import type { RefObject } from 'react';
import { useWords } from '../../i18n/use-words.ts';
import type { Placement } from '../../ui/place.ts';
import { Popover } from '../../ui/popover.tsx';
import { EmojiPicker } from './emoji-picker.tsx';

interface EmojiPopoverProps extends Partial<Placement> {
  readonly anchor: RefObject<Element | null>;
  readonly onPick: (emoji: string) => void;
  readonly onClose: () => void;
}

/** All emoji beside the button that asked for them. */
export function EmojiPopover({ anchor, onPick, onClose, ...placement }: EmojiPopoverProps) {
  const { t } = useWords();
  return (
    <Popover anchor={anchor} {...placement} role="dialog" label={t('emoji.label')} onClose={onClose}>
      <EmojiPicker
        onPick={(emoji) => {
          // With the picker the focus would be gone.
          if (anchor.current instanceof HTMLElement) anchor.current.focus();
          onClose();
          onPick(emoji);
        }}
      />
    </Popover>
  );
}
