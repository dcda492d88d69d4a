import { Keyboard, LogOut, Moon, Settings, ShieldCheck, Smile, Sun } from 'lucide-react';
import { Suspense, useState } from 'react';
import { isServerAdmin } from '../../chat/permissions.ts';
import { useMe, usePresence } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { navigate } from '../../lib/routes.ts';
import { setTheme, theme } from '../../lib/theme.ts';
import { useMedia } from '../../lib/use-media.ts';
import { useStore } from '../../lib/use-store.ts';
import { Menu, type MenuItem } from '../../ui/menu.tsx';
import { PresenceAvatar } from '../presence/presence-avatar.tsx';
import { StatusDialog } from './lazy-views.ts';
import { SignOutDialog } from './sign-out-dialog.tsx';

type OpenDialog = 'status' | 'sign-out' | null;

/** Oneself, and what concerns oneself. */
export function OwnBar({ onHelp }: { readonly onHelp: () => void }) {
  const { t } = useWords();
  const me = useMe();
  const [open, setOpen] = useState<OpenDialog>(null);
  const isDark = useMedia('(prefers-color-scheme: dark)');
  const chosen = useStore(theme);
  if (me === null) return <div className="own-bar" />;
  const shown = chosen === 'system' ? (isDark ? 'dark' : 'light') : chosen;
  const items: (MenuItem | false)[] = [
    { label: t('own.status'), icon: Smile, onSelect: () => setOpen('status') },
    {
      label: t(shown === 'dark' ? 'own.light' : 'own.dark'),
      icon: shown === 'dark' ? Sun : Moon,
      onSelect: () => setTheme(shown === 'dark' ? 'light' : 'dark'),
    },
    { label: t('settings.title'), icon: Settings, onSelect: () => navigate({ name: 'settings', section: 'profile' }) },
    isServerAdmin(me) && {
      label: t('admin.title'),
      icon: ShieldCheck,
      onSelect: () => navigate({ name: 'admin', section: 'metrics' }),
    },
    { label: t('shortcuts.title'), icon: Keyboard, hint: '?', onSelect: onHelp },
    { label: t('own.signOut'), icon: LogOut, startsGroup: true, onSelect: () => setOpen('sign-out') },
  ];
  return (
    <section className="own-bar" aria-label={t('own.menu')}>
      <Menu
        label={t('own.menu')}
        items={items.filter((item) => item !== false)}
        side="above"
        align="start"
        trigger={(props) => (
          <button {...props} type="button" className="own-button">
            <PresenceAvatar user={me} />
            <span className="member-names">
              <strong>
                <bdi>{me.displayName}</bdi>
              </strong>
              <OwnStatus />
            </span>
          </button>
        )}
      />
      <Suspense fallback={null}>{open === 'status' && <StatusDialog onClose={() => setOpen(null)} />}</Suspense>
      {open === 'sign-out' && <SignOutDialog onClose={() => setOpen(null)} />}
    </section>
  );
}

function OwnStatus() {
  const { t } = useWords();
  const me = useMe();
  if (me === null) return null;
  return <KnownStatus userId={me.id} fallback={t('presence.offline')} />;
}

function KnownStatus({
  userId,
  fallback,
}: {
  readonly userId: Parameters<typeof usePresence>[0];
  readonly fallback: string;
}) {
  const { t } = useWords();
  const presence = usePresence(userId);
  if (presence === null) return <span>{fallback}</span>;
  const { status, statusText = '', statusEmoji = '', doNotDisturb } = presence;
  const own = `${statusEmoji} ${statusText}`.trim();
  return <span>{own === '' ? t(doNotDisturb ? 'presence.dnd' : `presence.${status}`) : own}</span>;
}
