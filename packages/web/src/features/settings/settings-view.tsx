import { useWords } from '../../i18n/use-words.ts';
import { SETTINGS_SECTIONS, type SettingsSection } from '../../lib/routes.ts';
import { AppearanceSection } from './appearance-section.tsx';
import { InvitationsSection } from './invitations-section.tsx';
import { ProfileSection } from './profile-section.tsx';
import { SectionPage } from './section-page.tsx';
import { SessionsSection } from './sessions-section.tsx';

const SECTIONS = {
  profile: ProfileSection,
  appearance: AppearanceSection,
  sessions: SessionsSection,
  invitations: InvitationsSection,
} as const;

/** What concerns oneself alone. */
export function SettingsView({ section }: { readonly section: SettingsSection }) {
  const { t } = useWords();
  const Section = SECTIONS[section];
  return (
    <SectionPage
      title={t('settings.title')}
      sections={SETTINGS_SECTIONS.map((name) => ({
        label: t(`settings.${name}`),
        route: { name: 'settings', section: name },
        isOpen: name === section,
      }))}
    >
      <Section />
    </SectionPage>
  );
}
