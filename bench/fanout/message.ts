let nextId = 1_000_000;

/** The message that every server of this bench makes of a client's `{text}`: about 200 bytes on the wire. */
export function buildMessage(text: string): {
  type: 'message';
  id: string;
  room: string;
  user: string;
  ts: number;
  text: string;
} {
  return { type: 'message', id: `m${nextId++}`, room: 'general', user: 'alice', ts: Date.now(), text };
}

/** The text of a client's frame, parsed as a real server would. */
export function readText(data: { toString(): string }): string {
  const command: unknown = JSON.parse(data.toString());
  if (typeof command === 'object' && command !== null && 'text' in command && typeof command.text === 'string')
    return command.text;
  throw new Error('unable to read a command; it has no text');
}
