import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFrames } from '../../test/fake-wire.ts';
import { encodeFrame } from './frame.ts';

describe('encodeFrame', () => {
  it.each([
    [0, [0x81, 0]],
    [125, [0x81, 125]],
    [126, [0x81, 126, 0, 126]],
    [65_535, [0x81, 126, 255, 255]],
    [65_536, [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]],
  ])('writes the header of %i bytes', (length, header) => {
    const { bytes } = encodeFrame('x'.repeat(length));
    expect([...bytes.subarray(0, header.length)]).toEqual(header);
    expect(bytes.length).toBe(header.length + length);
  });

  it('keeps every text, counted in bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 300 })), (texts) => {
        const bytes = Buffer.concat(texts.map((text) => encodeFrame(text).bytes));
        expect(decodeFrames(bytes)).toEqual(texts);
      }),
    );
  });

  it('is ephemeral only when asked', () => {
    expect(encodeFrame('{}').ephemeral).toBe(false);
    expect(encodeFrame('{}', true).ephemeral).toBe(true);
  });
});
