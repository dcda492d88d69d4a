import { type Ref, type TextareaHTMLAttributes, useImperativeHandle, useLayoutEffect, useRef } from 'react';

interface AutoTextareaProps extends Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, 'onChange' | 'value'> {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string, caret: number) => void;
  readonly ref?: Ref<HTMLTextAreaElement>;
}

/** A text area as high as its text, up to what its style allows. */
export function AutoTextarea({ label, value, onChange, ref, ...props }: AutoTextareaProps) {
  const own = useRef<HTMLTextAreaElement>(null);
  useImperativeHandle(ref, () => {
    if (own.current === null) throw new Error('the text area is not there');
    return own.current;
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text.
  useLayoutEffect(() => {
    const area = own.current;
    if (area !== null) fit(area);
  }, [value]);
  return (
    <textarea
      rows={1}
      dir="auto"
      {...props}
      ref={own}
      className="auto-textarea"
      aria-label={label}
      value={value}
      onChange={(event) => onChange(event.target.value, event.target.selectionStart)}
    />
  );
}

function fit(area: HTMLTextAreaElement): void {
  const room = area.parentElement?.style;
  // While it is measured it is one line high. What is around it must not see that: a list above would be scrolled.
  if (room !== undefined) room.minHeight = `${area.parentElement?.offsetHeight ?? 0}px`;
  area.style.height = 'auto';
  area.style.height = `${area.scrollHeight}px`;
  if (room !== undefined) room.minHeight = '';
}
