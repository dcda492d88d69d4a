import { useId } from 'react';
import { LANGUAGES, type Language, setLanguage } from '../../i18n/language.ts';
import { useWords } from '../../i18n/use-words.ts';
import { setTheme, THEMES, theme } from '../../lib/theme.ts';
import { useStore } from '../../lib/use-store.ts';
import { SelectField } from '../../ui/select-field.tsx';

/** How the app looks and what language it speaks, in this browser. */
export function AppearanceSection() {
  const { t, language } = useWords();
  const chosen = useStore(theme);
  const group = useId();
  return (
    <>
      <section className="section-part">
        <fieldset>
          <legend className="field-label">{t('settings.theme')}</legend>
          {THEMES.map((name) => (
            <label key={name} className="choice">
              <input type="radio" name={group} checked={chosen === name} onChange={() => setTheme(name)} />
              <span>{t(`settings.theme.${name}`)}</span>
            </label>
          ))}
        </fieldset>
      </section>
      <section className="section-part">
        <form>
          <SelectField
            label={t('settings.language')}
            value={language}
            onChange={(value) => void setLanguage(value as Language, true)}
          >
            {Object.entries(LANGUAGES).map(([tag, name]) => (
              <option key={tag} value={tag} lang={tag}>
                {name}
              </option>
            ))}
          </SelectField>
        </form>
      </section>
    </>
  );
}
