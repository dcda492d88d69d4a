import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { asyncApi, wireSchemas } from './documents.ts';
import { downFrames } from './frame.ts';
import { PROTOCOL_VERSION } from './version.ts';
import { WIRE_HISTORY } from './wire-history.ts';

describe('the protocol version', () => {
  test('[WIRE1] is pinned to a hash of both sides’ schemas: change a frame, and say so in the history', () => {
    const hash = createHash('sha256').update(JSON.stringify(wireSchemas())).digest('hex').slice(0, 16);
    expect(
      hash,
      'the wire changed: add a line to WIRE_HISTORY, with a new version if an old client would misread it',
    ).toBe(WIRE_HISTORY.at(-1)?.hash);
    expect(WIRE_HISTORY.at(-1)?.version).toBe(PROTOCOL_VERSION);
    expect(WIRE_HISTORY.map((entry) => entry.version)).toEqual(
      WIRE_HISTORY.map((entry) => entry.version).sort((a, b) => a - b),
    );
  });

  test('[WIRE2] the AsyncAPI document names every frame and resolves all its references', () => {
    const document = JSON.stringify(asyncApi({ name: 'Parley', version: '1', host: 'localhost' }));
    for (const name of Object.keys(downFrames).filter((frame) => frame !== 'ok'))
      expect(document).toContain(`"title":"${name}"`);
    const parsed = JSON.parse(document) as { channels: { socket: { messages: Record<string, unknown> } } };
    for (const [, id] of document.matchAll(/#\/channels\/socket\/messages\/([^"]+)/g)) {
      expect(parsed.channels.socket.messages).toHaveProperty([id as string]);
    }
  });
});
