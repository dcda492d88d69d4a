import { readFileSync } from 'node:fs';
import { StartError } from '../lib/start-error.ts';
import { type Config, SETTINGS, type SettingName } from './settings.ts';

/**
 * Reads all settings once. Values come from `overrides` (command-line flags), then the environment, then a file named by
 * `<ENV>_FILE` for secrets, then the default. Throws one `StartError` that lists every problem.
 */
export function readConfig(
  env: Readonly<Record<string, string | undefined>>,
  overrides: Partial<Record<SettingName, string>> = {},
): Config {
  const problems: string[] = [];
  const config: Record<string, unknown> = {};
  for (const name of Object.keys(SETTINGS) as SettingName[]) {
    const { env: key, schema, secret } = SETTINGS[name];
    const result = schema.safeParse(overrides[name] ?? env[key] ?? (secret ? secretFromFile(env, key) : undefined));
    if (result.success) config[name] = result.data;
    else problems.push(`${key}: ${result.error.issues.map((issue) => issue.message).join('; ')}`);
  }
  if (problems.length > 0) {
    throw new StartError({
      code: 'bad_settings',
      message: `unable to read the settings; ${problems.join(' | ')}`,
      hint: 'Correct the variables named above and start again.',
    });
  }
  // Every name of the table was filled by its own schema above.
  return Object.freeze(config) as Config;
}

/** Variables that look like ours and are not: most often a misspelt name. */
export function unknownVariables(env: Readonly<Record<string, string | undefined>>): string[] {
  const known = new Set(Object.values(SETTINGS).flatMap((entry) => [entry.env, `${entry.env}_FILE`]));
  return Object.keys(env).filter(
    (key) => key.startsWith('PARLEY_') && !key.startsWith('PARLEY_TEST_') && key !== 'PARLEY_TOKEN' && !known.has(key),
  );
}

function secretFromFile(env: Readonly<Record<string, string | undefined>>, key: string): string | undefined {
  const path = env[`${key}_FILE`];
  return path === undefined ? undefined : readFileSync(path, 'utf8').trim();
}
