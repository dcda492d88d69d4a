import { claimOwner, signUp } from '@parley/client';
import type { ChannelId } from '@parley/protocol';
import { type ReactNode, useState } from 'react';
import { endedBy } from '../../chat/run-client.ts';
import { useWords } from '../../i18n/use-words.ts';
import { navigate, type Route, toChannel } from '../../lib/routes.ts';
import { useRoute } from '../../lib/use-route.ts';
import { useStore } from '../../lib/use-store.ts';
import { Button } from '../../ui/button.tsx';
import { Logo } from '../../ui/logo.tsx';
import { Spinner } from '../../ui/spinner.tsx';
import { AccountForm } from './account-form.tsx';
import { Problem } from './problem.tsx';
import { SignInForm } from './sign-in-form.tsx';
import { type AuthInfoState, useAuthInfo } from './use-auth-info.ts';
import './entrance.css';

/** What those see who are not signed in: the owner's first visit, an invitation, or the way in. */
export function Entrance() {
  const { t } = useWords();
  const state = useAuthInfo();
  const name = state.kind === 'known' ? state.info.name : 'Parley';
  return (
    <main className="entrance">
      <section className="entrance-card">
        <Logo size={48} />
        <EntranceBody state={state} name={name} />
      </section>
      <p className="entrance-foot">{t('entrance.foot')}</p>
    </main>
  );
}

function EntranceBody({ state, name }: { readonly state: AuthInfoState; readonly name: string }) {
  const words = useWords();
  const { t } = words;
  const route = useRoute();
  if (state.kind === 'loading') {
    return (
      <p className="entrance-wait" role="status">
        <Spinner /> {t('entrance.loading')}
      </p>
    );
  }
  if (state.kind === 'failed') {
    return (
      <>
        <Problem text={t('entrance.unreachable')} />
        <Button onClick={state.retry}>{t('common.retry')}</Button>
      </>
    );
  }
  const { hasOwner, signUp: policy } = state.info;
  if (route.name === 'welcome' && !hasOwner) return <OwnerEntrance ownerToken={route.ownerToken} />;
  if (!hasOwner) return <Head title={t('entrance.noOwnerTitle')} text={t('entrance.noOwner')} />;
  // Who opens a link while this is open already is led to it all the same.
  const key = route.name === 'join' ? route.code : 'sign-in';
  return <MemberEntrance key={key} route={route} name={name} isOpen={policy === 'open'} />;
}

function OwnerEntrance({ ownerToken }: { readonly ownerToken: string }) {
  const { t } = useWords();
  return (
    <>
      <Head title={t('entrance.ownerTitle')} text={t('entrance.ownerText')} />
      <AccountForm
        submitLabel={t('entrance.ownerSubmit')}
        create={async (account) => {
          const signedIn = await claimOwner(location.origin, { ...account, ownerToken });
          // The token is used up: it has no place in the history of the browser.
          navigate({ name: 'home' }, { replace: true });
          return signedIn;
        }}
      />
    </>
  );
}

interface MemberEntranceProps {
  readonly route: Route;
  readonly name: string;
  readonly isOpen: boolean;
}

function MemberEntrance({ route, name, isOpen }: MemberEntranceProps) {
  const { t } = useWords();
  const invitation = route.name === 'join' ? route.code : null;
  const mayRegister = isOpen || invitation !== null;
  const [isNew, setNew] = useState(invitation !== null);
  const ended = useStore(endedBy);
  if (mayRegister && isNew) {
    return (
      <>
        <Head
          title={t('entrance.signUpTitle', { name })}
          text={invitation === null ? t('entrance.signUpText') : t('entrance.invitedText')}
        />
        <AccountForm
          submitLabel={t('entrance.signUp')}
          create={async (account) => {
            const signedIn = await signUp(location.origin, {
              ...account,
              ...(invitation === null ? {} : { invitation }),
            });
            // The invitation has done its work: what is left of it is the channel that it leads to.
            if (route.name === 'join') leaveInvitation(route.channelId);
            return signedIn;
          }}
        />
        <Switch text={t('entrance.haveAccount')} label={t('entrance.signIn')} onClick={() => setNew(false)} />
      </>
    );
  }
  return (
    <>
      <Head title={t('entrance.signInTitle', { name })} text={t('entrance.signInText')} />
      <Problem text={ended === null ? null : t(`entrance.ended.${ended}`)} />
      <SignInForm />
      {mayRegister ? (
        <Switch text={t('entrance.noAccount')} label={t('entrance.signUp')} onClick={() => setNew(true)} />
      ) : (
        <p className="entrance-switch">{t('entrance.byInvitation')}</p>
      )}
    </>
  );
}

function leaveInvitation(channelId: ChannelId | null): void {
  navigate(channelId === null ? { name: 'home' } : toChannel(channelId), { replace: true });
}

function Head({ title, text }: { readonly title: string; readonly text: string }) {
  return (
    <header className="entrance-head">
      <h1>{title}</h1>
      <p>{text}</p>
    </header>
  );
}

function Switch({
  text,
  label,
  onClick,
}: {
  readonly text: ReactNode;
  readonly label: string;
  readonly onClick: () => void;
}) {
  return (
    <p className="entrance-switch">
      {text}{' '}
      <button type="button" className="link-button" onClick={onClick}>
        {label}
      </button>
    </p>
  );
}
