import type { LucideIcon } from 'lucide-react';
import type { ButtonHTMLAttributes, Ref } from 'react';
import { classNames } from '../lib/class-names.ts';
import { Spinner } from './spinner.tsx';
import './button.css';

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly look?: 'primary' | 'plain' | 'quiet' | 'danger';
  readonly icon?: LucideIcon | undefined;
  readonly isWide?: boolean;
  /** Shows that it works, and takes no further clicks. */
  readonly isBusy?: boolean;
  readonly ref?: Ref<HTMLButtonElement>;
}

/** A button with a text. */
export function Button({
  look = 'plain',
  icon: Icon,
  isWide,
  isBusy = false,
  children,
  className,
  ...props
}: ButtonProps) {
  return (
    <button
      type="button"
      {...props}
      className={classNames('button', `button-${look}`, isWide && 'button-wide', className)}
      aria-disabled={isBusy || props['aria-disabled']}
      onClick={isBusy ? undefined : props.onClick}
    >
      {isBusy ? <Spinner /> : Icon !== undefined && <Icon size={16} aria-hidden="true" />}
      {children}
    </button>
  );
}

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly icon: LucideIcon;
  /** Its name, for those who do not see the icon and, as a tip, for those who do. */
  readonly label: string;
  /** Keys that do the same, shown in the tip. */
  readonly keys?: string;
  readonly size?: 'small' | 'medium';
  readonly ref?: Ref<HTMLButtonElement>;
}

/** A button with an icon alone. */
export function IconButton({ icon: Icon, label, keys, size = 'medium', className, ...props }: IconButtonProps) {
  return (
    <button
      type="button"
      {...props}
      className={classNames('icon-button', `icon-button-${size}`, className)}
      aria-label={label}
      data-tip={label}
      data-tip-keys={keys}
    >
      <Icon size={size === 'small' ? 16 : 18} aria-hidden="true" />
    </button>
  );
}
