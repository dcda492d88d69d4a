import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { makePerson } from '../support/people.ts';
import { composer, message, useWorld } from './support/world.ts';

const world = useWorld();
const IMAGE = readFileSync(fileURLToPath(new URL('../../packages/web/public/icon-512.png', import.meta.url)));
const SVG = '<svg xmlns="http://www.w3.org/2000/svg" onload="window.ran=1"><script>window.ran=1</script></svg>';

/** A second of silence with a beginning that says what it is. */
function wave(): Buffer {
  const samples = 8_000;
  const bytes = Buffer.alloc(44 + samples, 128);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(36 + samples, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(8_000, 24);
  bytes.writeUInt32LE(8_000, 28);
  bytes.writeUInt16LE(1, 32);
  bytes.writeUInt16LE(8, 34);
  bytes.write('data', 36);
  bytes.writeUInt32LE(samples, 40);
  return bytes;
}

const DROP = `(target, name, type, text) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([text], name, { type }));
  const fire = (kind) => target.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: transfer }));
  fire('dragenter'); fire('dragover'); fire('drop');
}`;

test('files are chosen, dropped and pasted, and shown as what they are', async () => {
  const ian = await makePerson(world.server.url, 'Ian');
  const jo = await makePerson(world.server.url, 'Jo');
  const direct = await ian.client.openDirect([jo.signedIn.user.id]);
  const hash = `#/c/${direct.id}`;
  const [left, right] = await Promise.all([world.open(ian, { hash }), world.open(jo, { hash })]);
  await composer(left).waitFor();
  await left.locator('input[type=file]').setInputFiles([
    { name: 'icon.png', mimeType: 'image/png', buffer: IMAGE },
    { name: 'voice.wav', mimeType: 'audio/wav', buffer: wave() },
  ]);
  const tray = left.getByRole('list', { name: 'Files for this message' });
  await tray.getByText('voice.wav').waitFor();
  await left.evaluate(
    `(${DROP})(document.querySelector('.conversation'), 'drawing.svg', 'image/svg+xml', ${JSON.stringify(SVG)})`,
  );
  await tray.getByText('drawing.svg').waitFor();
  await left.evaluate(`(() => {
    const data = new DataTransfer();
    data.items.add(new File(['left out'], 'wrong.txt', { type: 'text/plain' }));
    document.querySelector('.composer textarea').dispatchEvent(new ClipboardEvent('paste', { bubbles: true, cancelable: true, clipboardData: data }));
  })()`);
  await tray.getByText('wrong.txt').waitFor();
  await tray.getByRole('button', { name: /(?:Leave out|Stop uploading) wrong\.txt/ }).click();
  await composer(left).fill('Three files');
  // Also before they are there: the message waits for them.
  await composer(left).press('Enter');

  const arrived = message(right, 'Three files');
  await arrived.waitFor();
  await arrived.locator('.image-there').waitFor();
  await arrived.getByRole('group', { name: 'Sound: voice.wav' }).getByRole('button', { name: 'Play' }).waitFor();
  // A drawing could hold anything: it is a file like any other.
  await arrived.locator('.file-card').getByText('drawing.svg').waitFor();
  expect(await arrived.locator('img').count()).toBe(1);
  expect(await arrived.getByText('wrong.txt').count()).toBe(0);
  const [download] = await Promise.all([
    right.waitForEvent('download'),
    arrived.getByRole('button', { name: 'Save drawing.svg' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('drawing.svg');

  await arrived.getByRole('button', { name: 'Enlarge icon.png' }).click();
  await right.getByRole('dialog', { name: 'icon.png' }).getByRole('img').waitFor();
  await right.keyboard.press('Escape');
  await expect.poll(() => right.getByRole('dialog').count()).toBe(0);
  expect(await right.evaluate('window.ran')).toBeUndefined();
});

test('the place of an image is there before the image is', async () => {
  const kay = await makePerson(world.server.url, 'Kay');
  const lou = await makePerson(world.server.url, 'Lou');
  const direct = await kay.client.openDirect([lou.signedIn.user.id]);
  const { id } = await kay.client.upload(new Blob([IMAGE], { type: 'image/png' }), { name: 'late.png' });
  await direct.send('see', { attachments: [id] });
  await direct.send('below');
  const page = await world.open(lou, { toleratesNetwork: true });
  await page.locator('.shell[data-connection=online]').waitFor();
  let isHeld = true;
  await page.route('**/v1/attachments/**', async (route) => {
    while (isHeld) await new Promise((resolve) => setTimeout(resolve, 20));
    await route.continue();
  });
  await page.goto(`${world.server.url}/#/c/${direct.id}`);
  await message(page, 'below').waitFor();
  const place = message(page, 'see').locator('.image-file');
  const before = await place.boundingBox();
  isHeld = false;
  await message(page, 'see').locator('.image-there').waitFor();
  expect(await place.boundingBox()).toEqual(before);
  expect(before?.height).toBeGreaterThan(100);
});

test('an upload that is refused says why, and is left out or tried again', async () => {
  const max = await makePerson(world.server.url, 'Max');
  const nia = await makePerson(world.server.url, 'Nia');
  const direct = await max.client.openDirect([nia.signedIn.user.id]);
  const page = await world.open(max, { hash: `#/c/${direct.id}`, toleratesNetwork: true });
  await composer(page).waitFor();
  let isRefusing = true;
  await page.route('**/v1/attachments?**', (route) =>
    isRefusing
      ? route.fulfill({
          status: 413,
          json: { code: 'too_large', status: 413, title: 'too large', detail: 'too large' },
        })
      : route.continue(),
  );
  await page
    .locator('input[type=file]')
    .setInputFiles({ name: 'big.txt', mimeType: 'text/plain', buffer: Buffer.from('big') });
  await page.getByRole('alert').getByText('This is too large.').waitFor();
  expect(await page.getByRole('button', { name: 'Send', exact: true }).isDisabled()).toBe(true);
  isRefusing = false;
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect.poll(() => page.getByRole('button', { name: 'Send', exact: true }).isEnabled()).toBe(true);
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await page.locator('[data-status=sent], [data-status=delivered]').waitFor();
  await page.locator('.message .file-card').getByText('big.txt').waitFor();
});

test('a message that waits for its file goes out wherever one is, and not without it', async () => {
  const ona = await makePerson(world.server.url, 'Ona');
  const pat = await makePerson(world.server.url, 'Pat');
  const direct = await ona.client.openDirect([pat.signedIn.user.id]);
  await ona.client.createChannel({ kind: 'private', name: 'elsewhere' });
  await direct.send('the question');
  const hash = `#/c/${direct.id}`;
  const [left, right] = await Promise.all([world.open(ona, { hash }), world.open(pat, { hash })]);
  let isSlow = true;
  await left.route('**/v1/attachments?**', async (route) => {
    while (isSlow) await new Promise((resolve) => setTimeout(resolve, 20));
    await route.continue().catch(() => {});
  });
  const attach = (name: string) =>
    left.locator('input[type=file]').setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from(name) });
  const waits = left.getByText('It goes out as soon as its files are there.');

  // Left out, the file takes the intention to send with it.
  await composer(left).fill('half a');
  await attach('wrong.txt');
  await composer(left).press('Enter');
  await waits.waitFor();
  await left.getByRole('button', { name: 'Stop uploading wrong.txt' }).click();
  await waits.waitFor({ state: 'detached' });
  isSlow = false;
  await attach('right.txt');
  await expect.poll(() => left.locator('.upload progress').count()).toBe(0);
  expect(await composer(left).inputValue()).toBe('half a');
  await left.getByRole('button', { name: 'Leave out right.txt' }).click();

  isSlow = true;
  await message(left, 'the question').focus();
  await left.keyboard.press('r');
  await composer(left).fill('the whole answer');
  await attach('right.txt');
  await composer(left).press('Enter');
  await waits.waitFor();
  await left.getByRole('link', { name: 'elsewhere' }).click();
  await waits.waitFor({ state: 'detached' });
  await left.getByRole('link', { name: 'Pat' }).click();
  await waits.waitFor();
  await left.locator('.composer-reply').getByText('the question').waitFor();
  await left.getByRole('link', { name: 'elsewhere' }).click();
  await waits.waitFor({ state: 'detached' });
  isSlow = false;
  const arrived = message(right, 'the whole answer');
  await arrived.getByRole('button', { name: /the question/ }).waitFor();
  await arrived.locator('.file-card').getByText('right.txt').waitFor();
  await left.getByRole('link', { name: 'Pat' }).click();
  await message(left, 'the whole answer').waitFor();
  expect(await composer(left).inputValue()).toBe('');
  expect(await right.locator('.message-body').allTextContents()).toEqual(['the question', 'the whole answer']);
});
