import { getAuthInfo } from '@parley/client';
import { useEffect, useState } from 'react';
import { Logo } from '../../ui/logo.tsx';

/** Whose server this is. */
export function ServerHead() {
  const [name, setName] = useState('Parley');
  useEffect(() => {
    getAuthInfo(location.origin).then(
      (info) => setName(info.name),
      // Without an answer it is called by its maker's name.
      () => {},
    );
  }, []);
  return (
    <header className="server-head">
      <Logo size={26} />
      <strong>
        <bdi>{name}</bdi>
      </strong>
    </header>
  );
}
