import { beforeAll, expect, test } from 'vitest';
import { makeOwner, makePerson, type Person } from '../support/people.ts';
import { composer, message, useWorld, write } from './support/world.ts';

const world = useWorld({ PARLEY_HEARTBEAT_INTERVAL_MS: '1000' });

/** What the browser keeps for reading without a network. */
const KEPT = `new Promise((resolve) => {
  const opening = indexedDB.open('parley/' + JSON.parse(localStorage.getItem('parley/session')).userId);
  opening.onsuccess = () => {
    const all = opening.result.transaction('values').objectStore('values').getAll();
    all.onsuccess = () => { opening.result.close(); resolve(all.result.join()); };
  };
})`;

let owner: Person;
beforeAll(async () => {
  owner = await makeOwner(world.server, 'Owner');
});

async function twoPeople(left: string, right: string) {
  const [ann, bob] = [await makePerson(world.server.url, left), await makePerson(world.server.url, right)];
  const direct = await ann.client.openDirect([bob.signedIn.user.id]);
  return { ann, bob, direct, hash: `#/c/${direct.id}` };
}

test('what is written offline waits in sight, survives a reload, and goes out once when the network is back', async () => {
  const { ann, bob, hash } = await twoPeople('Ann', 'Bob');
  const here = await world.open(ann, { hash, worker: true, toleratesNetwork: true });
  const there = await world.open(bob, { hash });
  await write(here, 'before');
  await message(there, 'before').waitFor();
  // The app itself is kept by now, so that it opens without a network.
  await here.evaluate('navigator.serviceWorker.ready.then(() => {})');
  await expect.poll(() => here.evaluate(KEPT)).toContain('before');

  await here.context().setOffline(true);
  await write(here, 'first of two');
  await write(here, 'second of two');
  await message(here, 'second of two')
    .getByRole('img', { name: /Waiting to be sent|Sending/ })
    .waitFor();
  await here.getByText('You are offline. What you see may be out of date. 2 messages wait').waitFor();

  await here.reload();
  await here.getByText(/2 messages wait/).waitFor();
  // What was seen last is still to be read, and what was written since stands below it.
  await message(here, 'before').waitFor();
  await message(here, 'second of two').waitFor();
  await here.getByRole('link', { name: /Bob/ }).waitFor();
  // The last of one's own is at hand as well.
  await composer(here).press('ArrowUp');
  expect(await here.getByRole('textbox', { name: 'Edit the message' }).inputValue()).toBe('second of two');
  await here.keyboard.press('Escape');
  await here.context().setOffline(false);
  await message(there, 'first of two').waitFor();
  await message(there, 'second of two').waitFor();
  await message(here, 'second of two').locator('[data-status=read]').waitFor();
  await expect.poll(() => here.getByText(/messages? waits?/).count()).toBe(0);
  for (const page of [here, there]) {
    expect(await page.locator('article[data-message] .message-body').allTextContents()).toEqual([
      'before',
      'first of two',
      'second of two',
    ]);
  }
});

test('a server that is killed and comes back finds both sides where they were', async () => {
  const { ann, bob, hash } = await twoPeople('Cleo', 'Dan');
  const [left, right] = await Promise.all([
    world.open(ann, { hash, toleratesNetwork: true }),
    world.open(bob, { hash, toleratesNetwork: true }),
  ]);
  await write(left, 'before the crash');
  await message(right, 'before the crash').waitFor();

  await world.server.kill();
  await left.getByText(/Connection lost|You are offline/).waitFor();
  await write(left, 'during the crash');
  await message(left, 'during the crash')
    .getByRole('img', { name: /Waiting to be sent|Sending/ })
    .waitFor();
  await composer(right).fill('half a sentence');
  await world.server.start();

  await message(right, 'during the crash').waitFor();
  await message(left, 'during the crash').locator('[data-status=read]').waitFor();
  await expect.poll(() => left.getByText(/Connection lost/).count()).toBe(0);
  expect(await composer(right).inputValue()).toBe('half a sentence');
  await composer(right).press('Enter');
  await message(left, 'half a sentence').waitFor();
});

test('a refused message says why, and can be sent again or discarded', async () => {
  const { ann, bob, direct } = await twoPeople('Elsa', 'Fred');
  const channel = await ann.client.createChannel({
    kind: 'private',
    name: 'closing',
    memberIds: [bob.signedIn.user.id],
  });
  const page = await world.open(bob, { hash: `#/c/${channel.id}`, toleratesNetwork: true });
  await composer(page).waitFor();
  await page.context().setOffline(true);
  await write(page, 'too late');
  await write(page, 'also too late');
  await channel.update({ permissions: { member: ['channel.read'] } });
  await page.context().setOffline(false);
  await message(page, 'too late').first().getByText('You are not allowed to do this.').waitFor();
  await message(page, 'also too late').getByRole('button', { name: 'Discard' }).click();
  await expect.poll(() => message(page, 'also too late').count()).toBe(0);
  await page.getByRole('link', { name: /closing.*a message was not sent/ }).waitFor();
  await channel.update({ permissions: {} });
  await message(page, 'too late').getByRole('button', { name: 'Try again' }).click();
  await message(page, 'too late').locator('[data-status]').waitFor();
  expect(direct.id).not.toBe(channel.id);
});

test('whoever is signed out elsewhere is told so, and keeps what was not sent', async () => {
  const { ann, hash } = await twoPeople('Gina', 'Hugo');
  const page = await world.open(ann, { hash, toleratesNetwork: true });
  await composer(page).waitFor();
  const { sessions } = await ann.client.call('session.list', {});
  const [session] = sessions;
  if (session === undefined) throw new Error('there is one session');
  await page.context().setOffline(true);
  await write(page, 'kept');
  // The client shares the session: it is cut off before it hears the answer.
  await ann.client.call('session.revoke', { sessionId: session.id }).catch(() => {});
  await page.context().setOffline(false);
  await page
    .getByText('This session was ended from elsewhere')
    .or(page.getByText('Your session has expired'))
    .waitFor();
  await page.getByLabel('User name').fill('gina');
  await page.getByLabel('Password', { exact: true }).fill('correct horse battery');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await message(page, 'kept').locator('[data-status]').waitFor();
});

test('what cannot be loaded says so in its place, and is there once it can be', async () => {
  const { ann, hash } = await twoPeople('Ines', 'Jack');
  const page = await world.open(ann, { hash, toleratesNetwork: true });
  // From the start, so that nothing is fetched ahead either.
  await page.route(/assets[/](?:details-)?pane-/, (route) => route.abort());
  await page.reload();
  const details = page.getByRole('button', { name: 'Details', exact: true });
  await details.click();
  const failure = page.getByRole('dialog', { name: 'This could not be opened' });
  await failure.getByRole('button', { name: 'Reload' }).waitFor();
  await failure.locator('.dialog-foot').getByRole('button', { name: 'Close' }).click();
  await write(page, 'still here');
  await message(page, 'still here').waitFor();
  await page.unrouteAll();
  await details.click();
  const pane = page.getByRole('complementary', { name: 'Details' });
  await pane.waitFor();
  // With its styles, which had failed as well.
  expect(await pane.evaluate((element) => getComputedStyle(element).display)).toBe('flex');
});

test('a view of a version that is gone offers to reload', async () => {
  const page = await world.open(owner, { hash: '#/admin', toleratesNetwork: true });
  await page.route('**/assets/admin-view-*.js', (route) => route.fulfill({ status: 404 }));
  await page.reload();
  await page.getByRole('heading', { name: 'This could not be opened' }).waitFor();
  await page.locator('.own-button').waitFor();
  await page.unrouteAll();
  await page.getByRole('button', { name: 'Reload' }).click();
  await page.getByRole('heading', { name: 'This could not be opened' }).waitFor({ state: 'detached' });
  await page.getByRole('heading', { name: 'Server', exact: true }).waitFor();
});
