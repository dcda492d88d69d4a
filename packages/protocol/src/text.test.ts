import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LIMITS } from './limits.ts';
import { bodySchema, emojiSchema, isCleanText, lineSchema, usernameSchema } from './text.ts';

describe('text at the door', () => {
  test('[TEXT1] refuses what PostgreSQL cannot store or a screen cannot show', () => {
    for (const text of ['a\0b', '\ud800', 'x\udc00y', `e${'\u0301'.repeat(21)}`])
      expect(isCleanText(text), JSON.stringify(text)).toBe(false);
    for (const text of [
      '',
      'héllo',
      '👨‍👩‍👧‍👦',
      `e${'\u0301'.repeat(20)}`,
      '\u{10ffff}',
      'line\nbreak\ttab',
      'مرحبا',
      '\ufeff',
    ]) {
      expect(isCleanText(text), JSON.stringify(text)).toBe(true);
    }
  });

  test('[TEXT2] normalises to NFC, keeps the rest as it is, and counts code points, not units', () => {
    expect(bodySchema.parse('e\u0301')).toBe('é');
    expect(bodySchema.parse('  spaces stay  ')).toBe('  spaces stay  ');
    expect(bodySchema.safeParse('😀'.repeat(LIMITS.bodyCodePoints)).success).toBe(true);
    expect(bodySchema.safeParse('😀'.repeat(LIMITS.bodyCodePoints + 1)).success).toBe(false);
    expect(bodySchema.safeParse('a'.repeat(LIMITS.bodyCodePoints + 1)).success).toBe(false);
  });

  test('[TEXT1] any string at all is either refused or stored as clean text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const parsed = bodySchema.safeParse(text);
        if (parsed.success) expect(isCleanText(parsed.data)).toBe(true);
        else expect(isCleanText(text)).toBe(false);
      }),
    );
  });

  test('[TEXT3] names are one line without controls and bidi overrides; user names are plain', () => {
    for (const name of ['', '   ', 'a\nb', 'a\u202eb', 'a\u0007', 'x'.repeat(81)])
      expect(lineSchema(80).safeParse(name).success, name).toBe(false);
    expect(lineSchema(80).parse('  Ünïcode Name  ')).toBe('Ünïcode Name');
    for (const name of ['a', '.ab', 'ab.', 'a b', 'ä-b', 'x'.repeat(33), 'a@b'])
      expect(usernameSchema.safeParse(name).success, name).toBe(false);
    for (const name of ['here', 'Channel']) expect(usernameSchema.safeParse(name).success, name).toBe(false);
    expect(usernameSchema.parse('Alice.B-2_x')).toBe('alice.b-2_x');
  });

  test('[TEXT4] a reaction is one emoji or a name, never free text', () => {
    for (const emoji of ['👍', '👍🏽', '🏳️‍🌈', '🇩🇪', '1️⃣', ':party_parrot:', '❤️'])
      expect(emojiSchema.safeParse(emoji).success, emoji).toBe(true);
    for (const emoji of ['', 'a', '1', 'hello', ':a b:', '👍 text', '<b>', '\u200d'])
      expect(emojiSchema.safeParse(emoji).success, emoji).toBe(false);
  });

  test('[TEXT5] what is no emoji in the end takes no longer than what is one', () => {
    const startedAt = process.cpuUsage();
    // With two ways to read each of them this took seconds, and hours with the 31 that fit.
    for (const text of ['👍'.repeat(24), '❤️'.repeat(24), '🇩'.repeat(24)])
      expect(emojiSchema.safeParse(`${text}x`).success).toBe(false);
    expect(process.cpuUsage(startedAt).user).toBeLessThan(1_000_000);
  });
});
