import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { announce } from '../../a11y/announcer.tsx';
import { useWords } from '../../i18n/use-words.ts';
import { IconButton } from '../../ui/button.tsx';

const SHOWS_DONE_MS = 1_500;

/** Code as it was written, with a button that copies it. */
export function CodeBlock({ text, language }: { readonly text: string; readonly language: string }) {
  const { t } = useWords();
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), SHOWS_DONE_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = () => {
    navigator.clipboard.writeText(text).then(
      () => {
        setCopied(true);
        announce(t('message.copied'));
      },
      () => announce(t('message.copyFailed')),
    );
  };
  return (
    <div className="code-block">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard. */}
      <pre tabIndex={0} data-language={language === '' ? undefined : language}>
        <code>{text}</code>
      </pre>
      <IconButton icon={isCopied ? Check : Copy} label={t('message.copyCode')} size="small" onClick={copy} />
    </div>
  );
}
