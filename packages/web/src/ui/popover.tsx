import { type ReactNode, type RefObject, useEffect, useLayoutEffect, useRef } from 'react';
import { classNames } from '../lib/class-names.ts';
import { type Placement, placeBeside } from './place.ts';
import './popover.css';

interface PopoverProps extends Partial<Placement> {
  readonly anchor: RefObject<Element | null>;
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly className?: string | undefined;
  readonly role?: 'menu' | 'dialog' | undefined;
  readonly label?: string | undefined;
}

/**
 * A box beside its anchor, above everything. The browser closes it by Escape and by a click elsewhere, and gives the focus back. Mount
 * it to open it.
 */
export function Popover({
  anchor,
  onClose,
  children,
  className,
  role,
  label,
  side = 'below',
  align = 'start',
}: PopoverProps) {
  const ref = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const popover = ref.current;
    if (popover === null) return;
    if (!popover.matches(':popover-open')) {
      popover.showPopover();
      popover.querySelector('input')?.focus();
    }
    const place = () => placeElement(popover, anchor.current, { side, align });
    place();
    const observer = new ResizeObserver(place);
    observer.observe(popover);
    window.addEventListener('resize', place);
    return () => {
      observer.disconnect();
      window.removeEventListener('resize', place);
    };
  }, [anchor, side, align]);
  useEffect(() => {
    const popover = ref.current;
    if (popover === null) return;
    const hear = (event: Event) => {
      if ((event as ToggleEvent).newState === 'closed') onClose();
    };
    popover.addEventListener('toggle', hear);
    return () => popover.removeEventListener('toggle', hear);
  }, [onClose]);
  return (
    <div
      ref={ref}
      popover="auto"
      className={classNames('popover', className)}
      {...(role === undefined ? {} : { role, 'aria-label': label })}
    >
      {children}
    </div>
  );
}

function placeElement(popover: HTMLElement, anchor: Element | null, placement: Placement): void {
  if (anchor === null) return;
  popover.style.maxHeight = '';
  const screen = { width: window.innerWidth, height: window.innerHeight };
  const size = { width: popover.offsetWidth, height: popover.offsetHeight };
  const { left, top, maxHeight } = placeBeside(anchor.getBoundingClientRect(), size, screen, placement);
  popover.style.left = `${left}px`;
  popover.style.top = `${top}px`;
  popover.style.maxHeight = `${maxHeight}px`;
}
