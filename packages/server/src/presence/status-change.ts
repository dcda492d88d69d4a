import type { InputOf } from '@parley/protocol';
import type { OwnStatus } from './presence.ts';

type Input = InputOf<'presence.set'>;

/** True when a command says something of the user, not only of his device. */
export function isOfUser(input: Input): boolean {
  const { status, doNotDisturb, statusText, statusEmoji, statusForMs } = input;
  return [status, doNotDisturb, statusText, statusEmoji, statusForMs].some((value) => value !== undefined);
}

/**
 * What a user says of himself after a command: what it leaves out stays as it is. A new text or emoji stands until it is
 * changed, unless the command says for how long.
 */
export function changeStatus(before: OwnStatus, input: Input, nowMs: number): OwnStatus {
  const { status, doNotDisturb, statusText, statusEmoji, statusForMs } = input;
  const isRenewed = statusText !== undefined || statusEmoji !== undefined || statusForMs !== undefined;
  const ended = before.until !== null && before.until <= nowMs;
  const text = statusText ?? (ended ? '' : before.text);
  const emoji = statusEmoji ?? (ended ? '' : before.emoji);
  const isEmpty = text === '' && emoji === '';
  const until = isRenewed && typeof statusForMs === 'number' ? nowMs + statusForMs : isRenewed ? null : before.until;
  return {
    availability: status ?? before.availability,
    doNotDisturb: doNotDisturb ?? before.doNotDisturb,
    text,
    emoji,
    until: isEmpty || (ended && !isRenewed) ? null : until,
  };
}
