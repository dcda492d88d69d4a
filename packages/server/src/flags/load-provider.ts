import { isAbsolute, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Provider } from '@openfeature/server-sdk';
import { StartError } from '../lib/start-error.ts';

/** Loads the operator's own provider: a path, or the name of an installed package. Throws `StartError` for what is none. */
export async function loadProvider(specifier: string): Promise<Provider> {
  const isPath = specifier.startsWith('.') || isAbsolute(specifier);
  const problem = (reason: string, cause?: unknown) =>
    new StartError({
      code: 'flag_provider_unusable',
      message: `unable to use ${specifier} for feature flags; ${reason}`,
      hint: 'PARLEY_FLAG_PROVIDER names a module whose default export is an OpenFeature provider, or a function that makes one.',
      cause,
    });
  let made: unknown;
  try {
    const module = (await import(isPath ? pathToFileURL(resolve(specifier)).href : specifier)) as { default?: unknown };
    made = typeof module.default === 'function' ? await (module.default as () => unknown)() : module.default;
  } catch (error) {
    throw problem(error instanceof Error ? error.message : String(error), error);
  }
  if (!isProvider(made)) throw problem('it gives no provider');
  return made;
}

function isProvider(value: unknown): value is Provider {
  return typeof value === 'object' && value !== null && 'metadata' in value && 'resolveBooleanEvaluation' in value;
}
