import { useEffect, useRef } from 'react';
import { placeBeside } from './place.ts';
import './tooltip.css';

/** A pointer that only passes by gets no tip. */
const DELAY_MS = 450;

/**
 * Shows the `data-tip` of whatever the pointer rests on or the keyboard has come to. One for the whole app. It repeats what the element
 * is called, so it is for eyes alone.
 */
export function Tooltip() {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const tip = ref.current;
    return tip === null ? undefined : serve(tip);
  }, []);
  return <div ref={ref} className="tooltip" popover="manual" aria-hidden="true" />;
}

function serve(tip: HTMLElement): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const hide = () => {
    clearTimeout(timer);
    if (tip.matches(':popover-open')) tip.hidePopover();
  };
  const hover = (event: PointerEvent) => {
    hide();
    const target = tipped(event.target);
    if (target !== null && event.pointerType === 'mouse') timer = setTimeout(() => show(tip, target), DELAY_MS);
  };
  const focus = (event: FocusEvent) => {
    hide();
    const target = tipped(event.target);
    if (target?.matches(':focus-visible')) show(tip, target);
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === 'Escape') hide();
  };
  document.addEventListener('pointerover', hover);
  document.addEventListener('pointerdown', hide);
  document.addEventListener('focusin', focus);
  document.addEventListener('focusout', hide);
  document.addEventListener('keydown', press);
  document.addEventListener('scroll', hide, { capture: true, passive: true });
  return () => {
    hide();
    document.removeEventListener('pointerover', hover);
    document.removeEventListener('pointerdown', hide);
    document.removeEventListener('focusin', focus);
    document.removeEventListener('focusout', hide);
    document.removeEventListener('keydown', press);
    document.removeEventListener('scroll', hide, { capture: true });
  };
}

function tipped(target: EventTarget | null): HTMLElement | null {
  return target instanceof Element ? target.closest<HTMLElement>('[data-tip]') : null;
}

function show(tip: HTMLElement, target: HTMLElement): void {
  if (!target.isConnected || target.getAttribute('aria-expanded') === 'true') return;
  const { tip: text = '', tipKeys } = target.dataset;
  tip.textContent = text;
  if (tipKeys !== undefined) {
    const keys = document.createElement('kbd');
    keys.textContent = tipKeys;
    tip.append(keys);
  }
  tip.showPopover();
  const screen = { width: window.innerWidth, height: window.innerHeight };
  const size = { width: tip.offsetWidth, height: tip.offsetHeight };
  const { left, top } = placeBeside(target.getBoundingClientRect(), size, screen, { side: 'above', align: 'center' });
  tip.style.left = `${left}px`;
  tip.style.top = `${top}px`;
}
