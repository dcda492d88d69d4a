import { ChevronDown } from 'lucide-react';
import { type ReactNode, useId } from 'react';

interface SelectFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly children: ReactNode;
  readonly hidesLabel?: boolean;
  readonly disabled?: boolean;
}

/** A labelled choice of one out of a few. */
export function SelectField({
  label,
  value,
  onChange,
  children,
  hidesLabel = false,
  disabled = false,
}: SelectFieldProps) {
  const id = useId();
  return (
    <div className="text-field">
      <label htmlFor={id} className={hidesLabel ? 'hidden-text' : 'field-label'}>
        {label}
      </label>
      <span className="field-frame">
        <select id={id} value={value} disabled={disabled} onChange={(event) => onChange(event.target.value)}>
          {children}
        </select>
        <ChevronDown size={16} aria-hidden="true" className="select-arrow" />
      </span>
    </div>
  );
}
