/** As much of a message as goes along when it is passed on; the rest is behind the link. */
const MAX_QUOTED = 1_200;

interface Passed {
  readonly body: string;
  readonly author: string;
  /** Where it was said, as people call it. */
  readonly place: string;
  readonly link: string;
  readonly comment: string;
}

/** The text of a message that passes another one on: what it says, who said it, and where. */
export function forwardText({ body, author, place, link, comment }: Passed): string {
  const text = body.length > MAX_QUOTED ? `${body.slice(0, MAX_QUOTED).trimEnd()}…` : body;
  const quote = text
    .split('\n')
    .map((line) => `> ${line}`)
    .join('\n');
  const source = `> — [${plain(author)}, ${plain(place)}](${link})`;
  const parts = [quote, '> ', source].join('\n');
  return comment.trim() === '' ? parts : `${comment.trim()}\n\n${parts}`;
}

/** Names are names, not Markdown. */
function plain(name: string): string {
  return name.replace(/[\\[\]`*_~<>]/g, (mark) => `\\${mark}`);
}
