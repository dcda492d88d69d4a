import { expect, test } from 'vitest';
import { makePerson } from '../support/people.ts';
import { message, useWorld } from './support/world.ts';

const world = useWorld();
const RUN = 'window.ran=(window.ran||0)+1';

/** What people have got script, styles, requests or confusion into chats with. */
const BODIES = [
  `<script>${RUN}</script>`,
  `<img src=x onerror="${RUN}">`,
  `<svg onload="${RUN}"><script>${RUN}</script></svg>`,
  `<svg><animate onbegin="${RUN}" attributeName=x dur=1s>`,
  `<iframe srcdoc="<script>parent.${RUN}</script>"></iframe>`,
  `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=${RUN}&gt;">`,
  `<noscript><p title="</noscript><img src=x onerror=${RUN}>">`,
  `<a href="javascript:${RUN}">a</a> <form action="javascript:${RUN}"><button>b</button></form>`,
  '<style>*{display:none !important}</style><link rel=stylesheet href=https://evil.example/x.css>',
  '<base href="https://evil.example/"><meta http-equiv="refresh" content="0;url=https://evil.example/">',
  `[click](javascript:${RUN})`,
  `[click](JaVaScRiPt:${RUN})`,
  `[click](java\tscript:${RUN})`,
  `[click](\u0001javascript:${RUN})`,
  `[click](&#106;avascript:${RUN})`,
  `[click](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)`,
  `[click](vbscript:x) [click](file:///etc/passwd) [click](blob:https://evil.example/1)`,
  `[click]( javascript:${RUN} "title")`,
  `[a]: javascript:${RUN}\n\n[a]`,
  `![x](https://evil.example/pixel.png) ![x](javascript:${RUN})`,
  `![x" onerror="${RUN}](x)`,
  `<javascript:${RUN}> <https://evil.example/"onmouseover="${RUN}>`,
  `https://evil.example/"onmouseover=${RUN}// https://evil.example/<script>${RUN}</script>`,
  '[https://bank.example](https://evil.example)',
  '[‮gnp.exe](https://evil.example)',
  `\`\`\`html"><script>${RUN}</script>\n</code></pre><script>${RUN}</script>\n\`\`\``,
  `\`<img src=x onerror=${RUN}>\``,
  `| <img src=x onerror=${RUN}> | [b](javascript:${RUN}) |\n| --- | --- |\n| 1 | 2 |`,
  `> <script>${RUN}</script>\n> [q](javascript:${RUN})`,
  `{{constructor.constructor("return 1")()}} ${'$'}{7*7} <%= 7*7 %> #{7*7}`,
  '__proto__ constructor toString hasOwnProperty @__proto__ @constructor #constructor',
  '=HYPERLINK("https://evil.example","x") @SUM(1+1)',
  `${'>'.repeat(200)} deep`,
  '*'.repeat(2_000),
  '['.repeat(2_000),
  `${'`'.repeat(1_999)}x`,
  `${'- '.repeat(300)}deep`,
  `${'**_~~'.repeat(300)}x`,
  `https://evil.example/${'a'.repeat(3_000)}`,
  'a'.repeat(3_900),
  '‮txt.exe reversed ‭and forced‬ ⁦isolated⁩ \u200b\u200b zero width',
  'Z̴̗͑ḁ̴̌l̴̼͝g̴̙̈o̴̫͝ \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{200d}\u{1f466} \u{e0041}\u{e0042} \ufff9\ufffa\u2028\u2029 line',
] as const;

/** What of the page is not as it would be with harmless messages. */
const HARM = `(() => {
  const inside = [...document.querySelectorAll('.shell *')];
  const named = inside.filter((element) => [...element.attributes].some(({ name }) => name.startsWith('on')));
  const kinds = document.querySelectorAll('.shell :is(script, iframe, object, embed, style, link, base, meta, form[action], svg script, .message-body img, math)');
  const links = [...document.querySelectorAll('.message-body a')].filter((link) => !/^(https?:|mailto:|#)/.test(link.getAttribute('href') ?? ''));
  return { ran: window.ran ?? 0, named: named.length, kinds: kinds.length, links: links.map((link) => link.href), title: document.title };
})()`;

test('hostile content shows as what it is, and does nothing', async () => {
  const mallory = await makePerson(world.server.url, `Mallory <img src=x onerror=${RUN}>`);
  const vera = await makePerson(world.server.url, 'Vera');
  await mallory.client.presence.set({ statusText: `<script>${RUN}</script>`, statusEmoji: '<b>' }).catch(() => {});
  const channel = await mallory.client.createChannel({
    kind: 'private',
    name: `"><script>${RUN}</script>`.slice(0, 80),
    topic: `<img src=x onerror=${RUN}> [t](javascript:${RUN})`,
    memberIds: [vera.signedIn.user.id],
  });
  const sent: string[] = [];
  for (const body of BODIES) {
    // What the server refuses is not shown to anybody.
    const isTaken = await channel.send(body).then(
      () => true,
      () => false,
    );
    if (isTaken) sent.push(body);
  }
  expect(sent.length).toBeGreaterThan(BODIES.length - 6);
  await channel.send('the last word');

  const page = await world.open(vera, { hash: `#/c/${channel.id}` });
  const foreign: string[] = [];
  page.on('request', (request) => {
    const address = request.url();
    if (!address.startsWith(world.server.url) && !address.startsWith('blob:')) foreign.push(address);
  });
  page.on('dialog', (dialog) => {
    foreign.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  const log = page.getByRole('log');
  await log.waitFor();
  // From the first message to the last, so that each has been drawn.
  await page.getByText('Loading messages').waitFor({ state: 'detached' });
  for (const seq of [1, 12, 24, 36, sent.length + 1]) {
    await page.goto(`${world.server.url}/#/c/${channel.id}/m/${seq}`);
    await page.locator(`[data-seq="${seq}"]`).first().waitFor();
    const found = (await page.evaluate(HARM)) as Record<string, unknown>;
    expect(found).toMatchObject({ ran: 0, named: 0, kinds: 0, links: [] });
  }
  await message(page, 'the last word').waitFor();
  expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);

  // Where its name, topic and text show elsewhere.
  for (const hash of [`#/c/${channel.id}/details`, `#/c/${channel.id}/members`, '#/', '#/search/script', '#/threads']) {
    await page.goto(`${world.server.url}/${hash}`);
    await page.locator('.own-button').waitFor();
    await expect.poll(() => page.evaluate(HARM)).toMatchObject({ ran: 0, named: 0, kinds: 0, links: [] });
  }
  expect(foreign).toEqual([]);
});

test('the policy lets no text become HTML or script', async () => {
  const wanda = await makePerson(world.server.url, 'Wanda');
  // What the policy stops the browser reports as errors: here that is what is wanted.
  const page = await world.open(wanda, { toleratesPolicy: true });
  await page.locator('.own-button').waitFor();
  // In a task of the page's own: what a test evaluates is let through.
  const blocked = await page.evaluate<Record<string, string>>(`new Promise((resolve) => setTimeout(() => {
    const attempt = (work) => { try { work(); return 'done'; } catch (error) { return error.name; } };
    resolve({
      html: attempt(() => { document.createElement('div').innerHTML = '<b>x</b>'; }),
      write: attempt(() => document.write('<b>x</b>')),
      code: attempt(() => new Function('return 1')()),
      policy: attempt(() => trustedTypes.createPolicy('evil', { createHTML: (text) => text })),
    });
  }))`);
  expect(blocked).toEqual({ html: 'TypeError', write: 'TypeError', code: 'EvalError', policy: 'TypeError' });
});
