import { type InputHTMLAttributes, type ReactNode, type Ref, useId } from 'react';
import { classNames } from '../lib/class-names.ts';
import './text-field.css';

interface TextFieldProps extends InputHTMLAttributes<HTMLInputElement> {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly error?: string | null | undefined;
  /** Keeps the label for those who hear it. */
  readonly hidesLabel?: boolean;
  /** Drawn inside the field, before and after what is typed. */
  readonly before?: ReactNode;
  readonly after?: ReactNode;
  readonly ref?: Ref<HTMLInputElement>;
}

/** A labelled line to type in, with what is wrong with it told beside it. */
export function TextField({ label, hint, error, hidesLabel, before, after, className, ...input }: TextFieldProps) {
  const ownId = useId();
  const id = input.id ?? ownId;
  const hintId = `${id}-hint`;
  const errorId = `${id}-error`;
  const hasError = error !== null && error !== undefined && error !== '';
  const described = [hasError && errorId, hint !== undefined && hintId].filter(Boolean).join(' ');
  return (
    <div className={classNames('text-field', className)}>
      <label htmlFor={id} className={hidesLabel ? 'hidden-text' : 'field-label'}>
        {label}
      </label>
      <span className={classNames('field-frame', hasError && 'field-frame-error')}>
        {before}
        <input
          type="text"
          {...input}
          id={id}
          aria-invalid={hasError || undefined}
          aria-describedby={described === '' ? undefined : described}
        />
        {after}
      </span>
      {hasError && (
        <p id={errorId} className="field-error">
          {error}
        </p>
      )}
      {hint !== undefined && (
        <p id={hintId} className="field-hint">
          {hint}
        </p>
      )}
    </div>
  );
}
