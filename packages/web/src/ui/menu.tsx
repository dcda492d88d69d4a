import type { LucideIcon } from 'lucide-react';
import {
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
  useCallback,
  useEffect,
  useId,
  useRef,
  useState,
} from 'react';
import { classNames } from '../lib/class-names.ts';
import type { Placement } from './place.ts';
import { Popover } from './popover.tsx';
import './menu.css';

export interface MenuItem {
  readonly label: string;
  readonly icon?: LucideIcon | undefined;
  readonly onSelect: () => void;
  readonly isDanger?: boolean;
  /** For choices: whether it is the one. */
  readonly isChecked?: boolean | undefined;
  readonly hint?: string | undefined;
  readonly startsGroup?: boolean;
}

interface TriggerProps {
  readonly ref: RefObject<HTMLButtonElement | null>;
  readonly 'aria-haspopup': 'menu';
  readonly 'aria-expanded': boolean;
  readonly 'aria-controls': string | undefined;
  readonly onClick: () => void;
}

interface MenuProps extends Partial<Placement> {
  readonly label: string;
  readonly items: readonly MenuItem[];
  /** Draws the button that opens it. */
  readonly trigger: (props: TriggerProps) => ReactNode;
  readonly onOpenChange?: (isOpen: boolean) => void;
}

/** A button with a menu: arrows, Home, End and first letters move, Enter chooses, Escape closes. */
export function Menu({ label, items, trigger, onOpenChange, side, align }: MenuProps) {
  const [isOpen, setOpen] = useState(false);
  const ref = useRef<HTMLButtonElement>(null);
  const id = useId();
  const change = useCallback(
    (next: boolean) => {
      setOpen(next);
      onOpenChange?.(next);
    },
    [onOpenChange],
  );
  const close = useCallback(() => change(false), [change]);
  return (
    <>
      {trigger({
        ref,
        'aria-haspopup': 'menu',
        'aria-expanded': isOpen,
        'aria-controls': isOpen ? id : undefined,
        onClick: () => change(!isOpen),
      })}
      {isOpen && (
        <Popover
          anchor={ref}
          onClose={close}
          role="menu"
          label={label}
          className="menu"
          side={side ?? 'below'}
          align={align ?? 'end'}
        >
          <MenuItems items={items} onDone={close} onReturn={() => ref.current?.focus()} />
        </Popover>
      )}
    </>
  );
}

interface MenuItemsProps {
  readonly items: readonly MenuItem[];
  readonly onDone: () => void;
  readonly onReturn: () => void;
}

function MenuItems({ items, onDone, onReturn }: MenuItemsProps) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    ref.current?.querySelector<HTMLElement>('[role^=menuitem]')?.focus();
  }, []);
  const choose = (item: MenuItem) => {
    onReturn();
    onDone();
    item.onSelect();
  };
  return (
    <div ref={ref} onKeyDown={moveByKey} role="none">
      {items.map((item) => (
        <button
          key={item.label}
          type="button"
          {...roleOf(item)}
          tabIndex={-1}
          className={classNames(
            'menu-item',
            item.isDanger && 'menu-item-danger',
            item.startsGroup && 'menu-item-group',
          )}
          onClick={() => choose(item)}
        >
          {item.icon !== undefined && <item.icon size={16} aria-hidden="true" />}
          <span className="menu-label">{item.label}</span>
          {item.hint !== undefined && <span className="menu-hint">{item.hint}</span>}
        </button>
      ))}
    </div>
  );
}

function roleOf({ isChecked }: MenuItem) {
  return isChecked === undefined ? { role: 'menuitem' } : { role: 'menuitemradio', 'aria-checked': isChecked };
}

function moveByKey(event: KeyboardEvent<HTMLElement>): void {
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>('[role^=menuitem]')];
  const at = items.indexOf(document.activeElement as HTMLElement);
  const target = menuTarget(
    event.key,
    at,
    items.map((item) => item.textContent ?? ''),
  );
  if (target === null) return;
  event.preventDefault();
  items[target]?.focus();
}

/** Which item a key leads to, from the one at `at`; null when the key means nothing here. */
export function menuTarget(key: string, at: number, labels: readonly string[]): number | null {
  const count = labels.length;
  if (count === 0) return null;
  if (key === 'ArrowDown') return (at + 1) % count;
  if (key === 'ArrowUp') return (Math.max(at, 0) - 1 + count) % count;
  if (key === 'Home') return 0;
  if (key === 'End') return count - 1;
  if (key.length !== 1 || key === ' ') return null;
  const letter = key.toLocaleLowerCase();
  for (let step = 1; step <= count; step++) {
    const index = (Math.max(at, 0) + step) % count;
    if (labels[index]?.toLocaleLowerCase().startsWith(letter)) return index;
  }
  return null;
}
