import emoji from 'emojibase-data/en/compact.json' with { type: 'json' };
import fc from 'fast-check';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, test } from 'vitest';
import { isOnlyEmoji, safeHref } from './lex.ts';
import { Markdown } from './markdown.tsx';
import { plainText } from './plain-text.ts';

const draw = (body: string) => renderToStaticMarkup(<Markdown body={body} />).replace(/^<div[^>]*>|<\/div>$/g, '');
const link = (href: string, text: string) =>
  `<a href="${href}" target="_blank" rel="noopener noreferrer nofollow" title="${href}">${text}</a>`;

describe('Markdown', () => {
  test('draws what people write in a chat', () => {
    expect(draw('plain')).toBe('<p>plain</p>');
    expect(draw('**a** _b_ ~~c~~ `d`')).toBe('<p><strong>a</strong> <em>b</em> <del>c</del> <code>d</code></p>');
    expect(draw('one\ntwo')).toBe('<p>one<br/>two</p>');
    expect(draw('- a\n- b')).toBe('<ul><li>a</li><li>b</li></ul>');
    expect(draw('3. a')).toBe('<ol start="3"><li>a</li></ol>');
    expect(draw('> a')).toBe('<blockquote><p>a</p></blockquote>');
    expect(draw('```js\na < b\n```')).toContain('<pre tabindex="0" data-language="js"><code>a &lt; b</code></pre>');
  });

  test('leaves alone what would surprise', () => {
    expect(draw('a\n---')).toContain('<p>a</p>');
    expect(draw('    indented')).not.toContain('<pre');
    expect(draw('<b>x</b>')).toBe('<p>&lt;b&gt;x&lt;/b&gt;</p>');
    expect(draw('fish &amp; chips')).toBe('<p>fish &amp;amp; chips</p>');
    expect(draw('snake_case_name')).toBe('<p>snake_case_name</p>');
  });

  test('follows addresses of the web and of mail, and no others', () => {
    expect(draw('see https://a.example/b')).toBe(`<p>see ${link('https://a.example/b', 'https://a.example/b')}</p>`);
    expect(draw('[x](https://a.example/)')).toBe(`<p>${link('https://a.example/', 'x')}</p>`);
    for (const href of [
      'javascript:alert(1)',
      'JaVaScRiPt:alert(1)',
      'data:text/html,x',
      'vbscript:x',
      'file:///etc/passwd',
      '/admin',
    ]) {
      expect(draw(`[x](${href})`)).not.toContain('<a');
      expect(safeHref(href)).toBeNull();
    }
  });

  test('loads no picture from elsewhere', () => {
    expect(draw('![cat](https://a.example/cat.png)')).toBe(`<p>${link('https://a.example/cat.png', 'cat')}</p>`);
  });

  test('draws the names it is told of', () => {
    const references = { person: (name: string) => (name === 'ada' ? <b>Ada</b> : null), channel: () => null };
    const html = renderToStaticMarkup(<Markdown body="hi @ada, @bob and a@ada.example" references={references} />);
    expect(html).toContain('hi <b>Ada</b>, @bob and ');
    expect(html).toContain('mailto:a@ada.example');
  });

  test('whatever is written, only known elements and safe addresses come out', () => {
    const parts = fc.constantFrom(
      '<',
      '>',
      '[',
      '](',
      ')',
      '![',
      '*',
      '_',
      '`',
      '\n',
      '```',
      '|',
      '-',
      '#',
      'javascript:',
      'https://',
      'x',
      ' ',
      '"',
      '\\',
      '&',
      '<script>',
      '<img src=x onerror=y>',
      '~~',
      '1.',
    );
    const known =
      /^(?:p|br|strong|em|del|code|pre|ul|ol|li|blockquote|hr|a|div|table|thead|tbody|tr|th|td|input|button|svg|path|rect)$/;
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 40 }), (pieces) => {
        const html = renderToStaticMarkup(<Markdown body={pieces.join('')} />);
        for (const [, name = ''] of html.matchAll(/<([a-z]+)/g)) expect(name).toMatch(known);
        for (const [, href = ''] of html.matchAll(/ href="([^"]*)"/g)) expect(href).toMatch(/^(?:https?|mailto):/);
      }),
      { numRuns: 500 },
    );
  });
});

describe('plainText', () => {
  test('is one line without marks', () => {
    expect(plainText('**Hello**\n\n- a\n- `b`')).toBe('Hello a b');
    expect(plainText('[docs](https://a.example)')).toBe('docs');
  });
});

describe('isOnlyEmoji', () => {
  test('knows the emoji that browsers know, and takes nothing else for one', () => {
    const browser = /^(?:\p{RGI_Emoji}|\s)+$/v;
    const all = emoji.flatMap(({ unicode, skins = [] }) => [unicode, ...skins.map((skin) => skin.unicode)]);
    expect(all.length).toBeGreaterThan(3_000);
    expect(all.filter((sign) => browser.test(sign) && !isOnlyEmoji(sign))).toEqual([]);
    // Two letters that are no country's are a flag to us, and two boxes with letters to the browser: large or small.
    const part = fc.constantFrom('1', '#', 'a', '\u20E3', '👍', '🏽', '☝🏽', '🇩🇪', ' ');
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
        const text = parts.join('');
        expect(isOnlyEmoji(text)).toBe(text.trim() !== '' && browser.test(text));
      }),
    );
  });

  test('knows a few emoji from words and digits', () => {
    expect(isOnlyEmoji('🎉')).toBe(true);
    expect(isOnlyEmoji('👍🏽 👩‍👩‍👧')).toBe(true);
    for (const body of ['1', 'ok 👍', '', ' ', '#', '🇩']) expect(isOnlyEmoji(body)).toBe(false);
  });
});
