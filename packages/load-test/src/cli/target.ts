import { randomBytes } from 'node:crypto';
import { claimOwner, ParleyError } from '@parley/client';
import type { Target } from '../run/options.ts';

const OWNER = 'load-owner';
const PASSWORD_BYTES = 18;

/** Who makes the users of a run: the holder of the token, or the owner that an owner link makes, whose password is told. */
export async function targetAt(
  url: string,
  token: string | undefined,
  tell: (line: string) => void,
): Promise<Pick<Target, 'url' | 'token'>> {
  const [, base = url, ownerToken] = /^(.*?)\/?#\/welcome\/(\S+)$/.exec(url) ?? [];
  if (!URL.canParse(base)) throw new ParleyError('bad_request', `unable to begin; ${base} is no address`);
  if (ownerToken !== undefined) {
    const password = randomBytes(PASSWORD_BYTES).toString('base64url');
    const owner = await claimOwner(base, { ownerToken, username: OWNER, password });
    tell(`the owner is ${OWNER}, password ${password}`);
    return { url: base, token: owner.token };
  }
  if (token !== undefined) return { url: base, token };
  throw new ParleyError(
    'unauthenticated',
    'unable to begin; give --token of an owner or admin, or the owner link as --url',
  );
}
