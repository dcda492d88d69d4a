import { LIMITS } from '@parley/protocol/constants';
import { useId, useState } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';
import { useMe } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { SelectField } from '../../ui/select-field.tsx';
import { TextField } from '../../ui/text-field.tsx';
import { usePopover } from '../../ui/use-popover.ts';
import { EmojiPopover } from '../emoji/emoji-popover.tsx';
import { Problem } from '../entrance/problem.tsx';
import { useSubmit } from '../entrance/use-submit.ts';

const HOUR_MS = 3_600_000;
const LASTING = { hour: HOUR_MS, day: 8 * HOUR_MS, week: 7 * 24 * HOUR_MS, never: null } as const;
type Lasting = keyof typeof LASTING;
const PLACES = ['online', 'away', 'invisible'] as const;
type Place = (typeof PLACES)[number];

/** Sets where one is, and a line of what one is doing. */
export function StatusDialog({ onClose }: { readonly onClose: () => void }) {
  const { t } = useWords();
  const client = useClient();
  const me = useMe();
  const known = me === null ? null : client.presence.of(me.id).getSnapshot();
  // What one has chosen, not what it looks like: to save the text alone must not show who is invisible.
  const [place, setPlace] = useState<Place | null>(known?.availability ?? null);
  const [isQuiet, setQuiet] = useState(known?.doNotDisturb ?? false);
  const [emoji, setEmoji] = useState(known?.statusEmoji ?? '');
  const [text, setText] = useState(known?.statusText ?? '');
  const [lasting, setLasting] = useState<Lasting>('day');
  const group = useId();
  const { isBusy, problem, onSubmit } = useSubmit(async () => {
    const statusForMs = emoji === '' && text.trim() === '' ? null : LASTING[lasting];
    await client.presence.set({
      ...(place === null ? {} : { status: place }),
      doNotDisturb: isQuiet,
      statusText: text.trim(),
      statusEmoji: emoji,
      statusForMs,
    });
    onClose();
  });
  return (
    <Dialog title={t('own.status')} size="small" onClose={onClose}>
      <form className="dialog-form" onSubmit={onSubmit}>
        <Problem text={problem} />
        <fieldset>
          <legend className="field-label">{t('own.place')}</legend>
          {PLACES.map((choice) => (
            <label key={choice} className="choice">
              <input type="radio" name={group} checked={place === choice} onChange={() => setPlace(choice)} />
              <span>{t(`own.place.${choice}`)}</span>
            </label>
          ))}
        </fieldset>
        <label className="choice">
          <input type="checkbox" checked={isQuiet} onChange={(event) => setQuiet(event.target.checked)} />
          <span>
            {t('presence.dnd')}
            <small>{t('own.dndHint')}</small>
          </span>
        </label>
        <TextField
          label={t('own.statusText')}
          value={text}
          placeholder={t('own.statusPlaceholder')}
          onChange={(event) => setText(event.target.value)}
          maxLength={LIMITS.statusTextCodePoints}
          before={<StatusEmoji emoji={emoji} onPick={setEmoji} />}
        />
        <SelectField label={t('own.lasting')} value={lasting} onChange={(value) => setLasting(value as Lasting)}>
          {(Object.keys(LASTING) as Lasting[]).map((name) => (
            <option key={name} value={name}>
              {t(`own.lasting.${name}`)}
            </option>
          ))}
        </SelectField>
        <div className="dialog-foot">
          <Button
            look="quiet"
            onClick={() => {
              setText('');
              setEmoji('');
            }}
          >
            {t('own.clearStatus')}
          </Button>
          <Button type="submit" look="primary" isBusy={isBusy}>
            {t('common.save')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function StatusEmoji({ emoji, onPick }: { readonly emoji: string; readonly onPick: (emoji: string) => void }) {
  const { t } = useWords();
  const { isOpen, close, anchor, trigger } = usePopover();
  return (
    <>
      <button {...trigger} type="button" className="icon-button icon-button-small" aria-label={t('emoji.label')}>
        {emoji === '' ? '🙂' : emoji}
      </button>
      {isOpen && <EmojiPopover anchor={anchor} onPick={onPick} onClose={close} />}
    </>
  );
}
