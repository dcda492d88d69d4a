import { COMMANDS } from './commands.ts';

/** Names that may be completed. */
export interface Names {
  channelNames(): readonly string[];
  userNames(): readonly string[];
}

/** Completions of what is typed, and the part of the line that they replace: command names, and their arguments; elsewhere people after an @. */
export function complete(line: string, names: Names): [string[], string] {
  const command = /^\/(\S*)$/.exec(line);
  if (command !== null)
    return matching(
      Object.keys(COMMANDS).map((name) => `/${name} `),
      line,
    );
  const argument = /^\/(\S+)\s+(?:.*\s)?(\S*)$/.exec(line);
  const word = argument?.[2] ?? /(\S*)$/.exec(line)?.[1] ?? '';
  const completes = argument === null ? undefined : COMMANDS[argument[1] ?? '']?.completes;
  if (completes === 'channels') return matching(withSigil(names.channelNames(), word, '#'), word);
  if (completes === 'users') return matching(withSigil(names.userNames(), word, '@'), word);
  if (completes !== undefined) return matching(completes, word);
  return word.startsWith('@')
    ? matching(
        withSigil(names.userNames(), word, '@').map((name) => `${name} `),
        word,
      )
    : [[], line];
}

function withSigil(names: readonly string[], word: string, sigil: string): readonly string[] {
  return word.startsWith(sigil) ? names.map((name) => sigil + name) : names;
}

function matching(candidates: readonly string[], word: string): [string[], string] {
  const wanted = word.toLowerCase();
  return [candidates.filter((candidate) => candidate.toLowerCase().startsWith(wanted)), word];
}
