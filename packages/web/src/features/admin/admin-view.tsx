import { isServerAdmin } from '../../chat/permissions.ts';
import { useMe } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { ADMIN_SECTIONS, type AdminSection } from '../../lib/routes.ts';
import { InvitationsSection } from '../settings/invitations-section.tsx';
import { SectionPage } from '../settings/section-page.tsx';
import { EmptyView } from '../shell/empty-view.tsx';
import { AuditSection } from './audit-section.tsx';
import { FlagsSection } from './flags-section.tsx';
import { KeysSection } from './keys-section.tsx';
import { MetricsSection } from './metrics-section.tsx';
import { QueueSection } from './queue-section.tsx';
import { UsersSection } from './users-section.tsx';
import { WebhooksSection } from './webhooks-section.tsx';

const SECTIONS = {
  metrics: MetricsSection,
  users: UsersSection,
  invitations: InvitationsSection,
  keys: KeysSection,
  webhooks: WebhooksSection,
  flags: FlagsSection,
  queue: QueueSection,
  audit: AuditSection,
} as const;

/** What those do who manage the server. */
export function AdminView({ section }: { readonly section: AdminSection }) {
  const { t } = useWords();
  const me = useMe();
  const Section = SECTIONS[section];
  if (!isServerAdmin(me)) return <EmptyView title={t('admin.refusedTitle')} text={t('admin.refused')} />;
  return (
    <SectionPage
      title={t('admin.title')}
      sections={ADMIN_SECTIONS.map((name) => ({
        label: t(`admin.${name}`),
        route: { name: 'admin', section: name },
        isOpen: name === section,
      }))}
    >
      <Section />
    </SectionPage>
  );
}
