import type { HtmlTagDescriptor, Plugin } from 'vite';

/** Built files that the first screen needs though the page does not name them by itself. */
const FIRST: readonly (readonly [name: RegExp, attributes: Readonly<Record<string, string | boolean>>])[] = [
  [/figtree-latin-wght[\w-]+[.]woff2$/, { rel: 'preload', as: 'font', type: 'font/woff2', crossorigin: true }],
];

/** Names in the page what the first screen needs, so that all of it is fetched at once and not one after the other. */
export function firstFiles(): Plugin {
  return {
    name: 'parley-first-files',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle = {} }) {
        const tags = FIRST.map(([name, attributes]): HtmlTagDescriptor => {
          const found = Object.keys(bundle).find((file) => name.test(file));
          if (found === undefined) throw new Error(`unable to name the first files; none is like ${name}`);
          return { tag: 'link', attrs: { ...attributes, href: `/${found}` }, injectTo: 'head' };
        });
        // A sheet that is named already is not named again.
        return tags.filter(({ attrs }) => !html.includes(String(attrs?.href)));
      },
    },
  };
}
