import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { ensureBrowser } from '../../scripts/test-tools.js';

const PROGRAMS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
/** No sandbox because containers run tests as root; nothing that calls home by itself; a microphone that beeps. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-device-for-media-stream',
];

/** Starts the system's Chromium, which is installed first where that is possible without asking. */
export function launchBrowser(): Promise<Browser> {
  const find = (): string | undefined => process.env.PARLEY_CHROMIUM ?? PROGRAMS.find((path) => existsSync(path));
  if (find() === undefined) ensureBrowser();
  const executablePath = find();
  if (executablePath === undefined) {
    throw new Error(
      'unable to start a browser; install one (`apt-get install chromium`) or name it in PARLEY_CHROMIUM',
    );
  }
  return chromium.launch({ executablePath, args: FLAGS });
}
