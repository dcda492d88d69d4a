import { Eye, EyeOff } from 'lucide-react';
import { useState } from 'react';
import { useWords } from '../../i18n/use-words.ts';
import { IconButton } from '../../ui/button.tsx';
import { TextField } from '../../ui/text-field.tsx';

interface PasswordFieldProps {
  readonly label?: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly autoComplete: 'current-password' | 'new-password';
  readonly hint?: string | undefined;
  readonly error?: string | null | undefined;
  readonly minLength?: number;
}

/** A password that its owner may look at. */
export function PasswordField({ label, value, onChange, hint, ...props }: PasswordFieldProps) {
  const { t } = useWords();
  const [isShown, setShown] = useState(false);
  return (
    <TextField
      {...props}
      {...(hint === undefined ? {} : { hint })}
      label={label ?? t('entrance.password')}
      type={isShown ? 'text' : 'password'}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      required
      maxLength={256}
      autoCapitalize="none"
      spellCheck={false}
      after={
        <IconButton
          icon={isShown ? EyeOff : Eye}
          label={isShown ? t('entrance.hidePassword') : t('entrance.showPassword')}
          size="small"
          onClick={() => setShown(!isShown)}
        />
      }
    />
  );
}
