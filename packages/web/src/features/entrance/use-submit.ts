import { ParleyError } from '@parley/client';
import { type FormEvent, useState } from 'react';
import { errorText } from '../../chat/error-text.ts';
import { issueText } from '../../chat/issue-text.ts';
import { useWords } from '../../i18n/use-words.ts';

interface Submit {
  readonly isBusy: boolean;
  /** What the server refused, for the form as a whole. */
  readonly problem: string | null;
  /** What it refused about one field, by the field's name. */
  readonly fieldProblems: Readonly<Record<string, string>>;
  readonly onSubmit: (event: FormEvent<HTMLFormElement>) => void;
}

/** Sends a form by `work`, once at a time, and keeps what went wrong until the next try. */
export function useSubmit(work: () => Promise<void>): Submit {
  const words = useWords();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const submit = async () => {
    setBusy(true);
    setError(null);
    try {
      await work();
    } catch (cause) {
      setError(cause);
    } finally {
      setBusy(false);
    }
  };
  const issues = error instanceof ParleyError ? (error.issues ?? []) : [];
  const fieldProblems = Object.fromEntries(
    issues.map(({ path, message }) => [String(path), issueText(words, message)]),
  );
  return {
    isBusy,
    problem: error === null || issues.length > 0 ? null : errorText(words, error),
    fieldProblems,
    onSubmit(event) {
      event.preventDefault();
      if (!isBusy) void submit();
    },
  };
}
