import { readFileSync } from 'node:fs';

/**
 * One line for who runs a Node that is older than the package allows; empty when it is new enough.
 *
 * @param {string} version of this Node, as `20.19.0`
 * @param {string} manifestPath
 * @returns {string}
 */
export function tooOld(version, manifestPath) {
  /** @type {{ engines: { node: string } }} */
  const { engines } = JSON.parse(readFileSync(manifestPath, 'utf8'));
  const wanted = engines.node.replace('>=', '');
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split('.').map(Number);
  const isNewEnough = major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
  return isNewEnough ? '' : `Parley needs Node ${wanted} or newer; this is ${version}`;
}
