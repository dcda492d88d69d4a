import { LIMITS } from '@parley/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bodyOf, markdownOf, slackPayload } from './slack-payload.ts';

describe('payloads of Slack', () => {
  test.each([
    ['*bold* and _it_ and ~gone~', '**bold** and _it_ and ~~gone~~'],
    [
      'see <https://a.example/x|the page> or <https://a.example>',
      'see [the page](https://a.example/x) or https://a.example',
    ],
    ['`*code*` stays, a &lt;tag&gt; &amp; more', '`*code*` stays, a <tag> & more'],
    ['<!here> <!channel> <@U1|ada> <#C1|general>', '@here @channel ada general'],
    ['2*3*4 is no bold', '2*3*4 is no bold'],
  ])('[HOOK2] %s', (mrkdwn, markdown) => expect(markdownOf(mrkdwn)).toBe(markdown));

  test('[HOOK2] blocks take the place of the text, attachments follow, and unknown parts hurt nothing', () => {
    const payload = slackPayload.parse({
      text: 'only for notifications',
      username: 'ignored',
      blocks: [
        { type: 'header', text: { type: 'plain_text', text: 'Deploy' } },
        { type: 'section', text: { type: 'mrkdwn', text: '*done*' }, fields: [{ type: 'mrkdwn', text: 'took 3 s' }] },
        { type: 'divider' },
        { type: 'context', elements: [{ type: 'mrkdwn', text: 'by <https://ci.example|ci>' }] },
        {
          type: 'rich_text',
          elements: [
            {
              type: 'rich_text_section',
              elements: [
                { type: 'text', text: 'so ' },
                { type: 'text', text: 'bold', style: { bold: true } },
              ],
            },
            {
              type: 'rich_text_list',
              elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text: 'one' }] }],
            },
          ],
        },
        { type: 'video', weird: [1, { deep: true }] },
      ],
      attachments: [
        { color: 'good', title: 'Build 7', title_link: 'https://ci.example/7', text: 'green' },
        { fallback: 'plain' },
      ],
    });
    expect(bodyOf(payload)).toBe(
      [
        '**Deploy**',
        '**done**\ntook 3 s',
        '---',
        'by [ci](https://ci.example)',
        'so **bold**\n- one',
        '> [Build 7](https://ci.example/7)\n> green',
        '> plain',
      ].join('\n\n'),
    );
  });

  test('[HOOK2] whatever comes becomes a message that fits, or nothing', () => {
    fc.assert(
      fc.property(fc.object(), fc.string({ maxLength: 6_000 }), (extra, text) => {
        const parsed = slackPayload.safeParse({ ...extra, text });
        if (!parsed.success) return;
        const body = bodyOf(parsed.data);
        expect(Array.from(body).length).toBeLessThanOrEqual(LIMITS.bodyCodePoints);
      }),
    );
    expect(bodyOf({ text: 'ä'.repeat(9_000) })).toHaveLength(LIMITS.bodyCodePoints);
    expect(bodyOf({})).toBe('');
  });
});
