import type { MessageKey } from '../../i18n/catalogue.ts';
import { useWords } from '../../i18n/use-words.ts';
import { Dialog } from '../../ui/dialog.tsx';
import './shortcuts.css';

type PlainKey = Extract<MessageKey, `shortcuts.${string}`>;

const GROUPS: readonly { readonly title: PlainKey; readonly keys: readonly (readonly [string, PlainKey])[] }[] = [
  {
    title: 'shortcuts.move',
    keys: [
      ['Ctrl+K', 'shortcuts.switch'],
      ['Ctrl+Shift+F', 'shortcuts.search'],
      ['Alt+↑ ↓', 'shortcuts.neighbour'],
      ['Alt+Shift+↑ ↓', 'shortcuts.unread'],
      ['F6', 'shortcuts.region'],
      ['Esc', 'shortcuts.close'],
      ['?', 'shortcuts.help'],
    ],
  },
  {
    title: 'shortcuts.write',
    keys: [
      ['Enter', 'shortcuts.send'],
      ['Shift+Enter', 'shortcuts.line'],
      ['↑', 'shortcuts.editLast'],
      ['Ctrl+B · Ctrl+I · Ctrl+E', 'shortcuts.format'],
      ['@ · # · :', 'shortcuts.complete'],
    ],
  },
  {
    title: 'shortcuts.read',
    keys: [
      ['↑ ↓ Home End', 'shortcuts.message'],
      ['R', 'shortcuts.reply'],
      ['T', 'shortcuts.thread'],
      ['E', 'shortcuts.edit'],
    ],
  },
];

/** All that the keyboard can do. */
export function ShortcutsDialog({ onClose }: { readonly onClose: () => void }) {
  const { t } = useWords();
  return (
    <Dialog title={t('shortcuts.title')} onClose={onClose}>
      <div className="shortcuts">
        {GROUPS.map(({ title, keys }) => (
          <section key={title}>
            <h3>{t(title)}</h3>
            <dl>
              {keys.map(([key, text]) => (
                <div key={text} className="shortcut">
                  <dt>{t(text)}</dt>
                  <dd>
                    <kbd>{key}</kbd>
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
