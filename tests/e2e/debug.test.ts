import { test } from 'vitest';
import { makeOwner, makePerson } from '../support/people.ts';
import { message, useWorld } from './support/world.ts';

const world = useWorld();
test('debug', async () => {
  await makeOwner(world.server, 'Olga');
  const dora = await makePerson(world.server.url, 'Dora');
  const finn = await makePerson(world.server.url, 'Finn');
  const direct = await finn.client.openDirect([dora.signedIn.user.id]);
  for (let count = 1; count <= 30; count++) await direct.send(`number ${count}`);
  dora.client.channel(direct.id).markRead(30);
  await new Promise((r) => setTimeout(r, 1500));
  for (let count = 31; count <= 150; count++) await direct.send(`number ${count}`);
  const page = await world.open(dora, { hash: `#/c/${direct.id}` });
  await message(page, /number 31$/).waitFor();
  await page.waitForTimeout(1000);
  await page.evaluate(`(() => {
    window.trace = [];
    const log = document.querySelector('[role=log]');
    const proto = Object.getOwnPropertyDescriptor(Element.prototype, 'scrollTop');
    Object.defineProperty(log, 'scrollTop', { get() { return proto.get.call(this); }, set(v) { window.trace.push('set ' + v + ' ' + new Error().stack.split('\\n').slice(2,6).map(l=>l.trim().slice(0,80)).join(' < ')); proto.set.call(this, v); } });
    log.addEventListener('scroll', () => window.trace.push('scroll ' + log.scrollTop + '/' + log.scrollHeight + ' ' + log.children.length + ' first ' + log.querySelector('article')?.dataset.seq));
    const st = log.scrollTo; log.scrollTo = function(...a) { window.trace.push('scrollTo ' + JSON.stringify(a)); st.apply(this, a); };
    const sb = log.scrollBy; log.scrollBy = function(...a) { window.trace.push('scrollBy ' + JSON.stringify(a)); sb.apply(this, a); };
  })()`);
  await page.getByRole('button', { name: /Jump to the latest|new messages/ }).click();
  await page.waitForTimeout(3000);
  console.log((await page.evaluate<string[]>('window.trace')).join('\n'));
});
