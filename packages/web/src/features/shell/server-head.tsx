import { getAuthInfo } from '@parley/client';
import { useEffect, useState } from 'react';
import { useWords } from '../../i18n/use-words.ts';
import { Logo } from '../../ui/logo.tsx';
import { findComposer } from './find-composer.ts';

/** Whose server this is. `isTop` where nothing stands above it. */
export function ServerHead({ isTop }: { readonly isTop: boolean }) {
  const { t } = useWords();
  const [name, setName] = useState('Parley');
  useEffect(() => {
    getAuthInfo(location.origin).then(
      (info) => setName(info.name),
      // Without an answer it is called by its maker's name.
      () => {},
    );
  }, []);
  // At the top of a main region a banner would be one too many.
  const [Frame, Name] = isTop ? (['div', 'h1'] as const) : (['header', 'strong'] as const);
  return (
    <Frame className="server-head">
      <a className="skip-link" href={location.hash} onClick={skipToMain}>
        {t('shell.skip')}
      </a>
      <Logo size={26} />
      <Name>
        <bdi>{name}</bdi>
      </Name>
    </Frame>
  );
}

function skipToMain(event: { preventDefault(): void }): void {
  event.preventDefault();
  (findComposer() ?? document.getElementById('main'))?.focus();
}
