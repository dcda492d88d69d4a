import { ROLES } from '@parley/protocol/constants';
import { useState } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';
import { useWords } from '../../i18n/use-words.ts';
import { Button } from '../../ui/button.tsx';
import { SelectField } from '../../ui/select-field.tsx';
import { Spinner } from '../../ui/spinner.tsx';
import { TextField } from '../../ui/text-field.tsx';
import { Problem } from '../entrance/problem.tsx';
import { useAttempt } from '../message/use-message-actions.ts';
import { NO_INPUT, useAnswer } from '../settings/use-answer.ts';
import { type Audience, audienceOf, type Flag, rulesOf } from './flag-rules.ts';
import './admin.css';

/** The feature flags: for whom each is on, and a switch that turns it off for everybody at once. */
export function FlagsSection() {
  const { t } = useWords();
  const { output, problem, reload } = useAnswer('flag.list', NO_INPUT);
  return (
    <section className="section-part">
      <h2>{t('admin.flags')}</h2>
      <p className="soft-text">{t('flags.text')}</p>
      <Problem text={problem} />
      {output === null && problem === null && <Spinner />}
      {output?.flags.length === 0 && <p className="soft-text">{t('flags.none')}</p>}
      <ul className="flags">
        {output?.flags.map((flag) => (
          <FlagCard key={flag.key} flag={flag} onChanged={reload} />
        ))}
      </ul>
    </section>
  );
}

function FlagCard({ flag, onChanged }: { readonly flag: Flag; readonly onChanged: () => void }) {
  const { t } = useWords();
  const client = useClient();
  const attempt = useAttempt();
  const { key, description, owner, until, killed } = flag;
  const kill = () => attempt(client.call('flag.kill', { key, on: !killed }).then(onChanged));
  return (
    <li className={killed ? 'flag flag-killed' : 'flag'}>
      <div className="flag-head">
        <h3>
          <code>{key}</code>
          {killed && <span className="tag">{t('flags.killed')}</span>}
        </h3>
        <Button onClick={kill}>{t(killed ? 'flags.revive' : 'flags.kill')}</Button>
      </div>
      <p>{description}</p>
      <p className="soft-text">
        {t('flags.facts', { owner, until, value: flag.default === '' ? t('flags.empty') : String(flag.default) })}
      </p>
      {flag.type === 'boolean' && !killed && (
        <AudienceForm flag={flag} onChanged={onChanged} key={JSON.stringify(flag.rules)} />
      )}
      {flag.type === 'string' && !killed && flag.rules.length < 2 && (
        <TextForm flag={flag} onChanged={onChanged} key={JSON.stringify(flag.rules)} />
      )}
    </li>
  );
}

function AudienceForm({ flag, onChanged }: { readonly flag: Flag; readonly onChanged: () => void }) {
  const { t } = useWords();
  const client = useClient();
  const attempt = useAttempt();
  const [audience, setAudience] = useState<Audience>(() => audienceOf(flag));
  const rules = rulesOf(audience);
  const isChanged = JSON.stringify(rules) !== JSON.stringify(flag.rules);
  const save = () => {
    if (rules !== null) attempt(client.call('flag.set', { key: flag.key, rules: [...rules] }).then(onChanged));
  };
  return (
    <form
      className="flag-form"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <SelectField label={t('flags.for')} value={audience.kind} onChange={(kind) => setAudience(startOf(kind))}>
        {audience.kind === 'custom' && <option value="custom">{t('flags.for.custom')}</option>}
        {(['default', 'everybody', 'nobody', 'share', 'role'] as const).map((kind) => (
          <option key={kind} value={kind}>
            {t(`flags.for.${kind}`)}
          </option>
        ))}
      </SelectField>
      {audience.kind === 'share' && (
        <TextField
          label={t('flags.share')}
          type="number"
          min={0}
          max={100}
          value={audience.percentage}
          onChange={(event) => setAudience({ kind: 'share', percentage: Number(event.target.value) })}
        />
      )}
      {audience.kind === 'role' && (
        <SelectField
          label={t('flags.role')}
          value={audience.role}
          onChange={(role) => setAudience({ kind: 'role', role: ROLES.find((known) => known === role) ?? 'member' })}
        >
          {ROLES.map((role) => (
            <option key={role} value={role}>
              {t(`role.${role}`)}
            </option>
          ))}
        </SelectField>
      )}
      <Button type="submit" look="primary" disabled={rules === null || !isChanged}>
        {t('common.save')}
      </Button>
    </form>
  );
}

/** One text for everybody; an empty one takes it back. */
function TextForm({ flag, onChanged }: { readonly flag: Flag; readonly onChanged: () => void }) {
  const { t } = useWords();
  const client = useClient();
  const attempt = useAttempt();
  const present = String(flag.rules[0]?.value ?? '');
  const [text, setText] = useState(present);
  return (
    <form
      className="flag-form"
      onSubmit={(event) => {
        event.preventDefault();
        const rules = text.trim() === '' ? [] : [{ value: text.trim() }];
        attempt(client.call('flag.set', { key: flag.key, rules }).then(onChanged));
      }}
    >
      <TextField
        label={t('flags.value')}
        value={text}
        maxLength={500}
        autoComplete="off"
        onChange={(event) => setText(event.target.value)}
      />
      <Button type="submit" look="primary" disabled={text.trim() === present}>
        {t('common.save')}
      </Button>
    </form>
  );
}

function startOf(kind: string): Audience {
  if (kind === 'share') return { kind, percentage: 10 };
  if (kind === 'role') return { kind, role: 'admin' };
  return { kind: kind === 'everybody' || kind === 'nobody' ? kind : 'default' };
}
