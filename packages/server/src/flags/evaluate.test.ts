import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FLAG_NAMES, FLAGS } from './declared.ts';
import { evaluate, placeOf } from './evaluate.ts';

const flag = { description: '', owner: 'x', until: '2027-01-01', default: false, off: false, forClients: true };
const ada = { userId: 'ada', role: 'admin', environment: 'staging' };

describe('flags', () => {
  test('[FLAG1] the kill switch comes first, then the first rule that fits, then the default', () => {
    const rules = [
      { users: ['eve' as never], value: true },
      { roles: ['admin' as const], environments: ['production'], value: true },
    ];
    expect(evaluate('f', flag, undefined, ada)).toEqual({ value: false, reason: 'DEFAULT' });
    expect(evaluate('f', flag, { rules, killed: false }, ada)).toEqual({ value: false, reason: 'DEFAULT' });
    expect(evaluate('f', flag, { rules, killed: false }, { ...ada, environment: 'production' }).value).toBe(true);
    expect(evaluate('f', flag, { rules, killed: false }, { ...ada, userId: 'eve' }).value).toBe(true);
    const off = { rules, killed: true };
    expect(evaluate('f', { ...flag, default: true }, off, { ...ada, userId: 'eve' })).toEqual({
      value: false,
      reason: 'DISABLED',
    });
  });

  test('[FLAG2] a percentage takes about that share of the users, and who is in stays in when it is raised', () => {
    const users = Array.from({ length: 5_000 }, (_, index) => `user ${index}`);
    const share = (percentage: number) => users.filter((user) => placeOf('f', user) < percentage).length / users.length;
    expect(share(0)).toBe(0);
    expect(share(10)).toBeGreaterThan(0.08);
    expect(share(10)).toBeLessThan(0.12);
    expect(share(100)).toBe(1);
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.nat(100), fc.nat(100), (name, userId, a, b) => {
        const isIn = (percentage: number) =>
          evaluate(name, flag, { rules: [{ percentage, value: true }], killed: false }, { ...ada, userId }).value;
        if (isIn(Math.min(a, b)) === true) expect(isIn(Math.max(a, b))).toBe(true);
        expect(isIn(100)).toBe(true);
      }),
    );
  });

  test.each(FLAG_NAMES)('[FLAG3] %s has an owner, and its end is still to come', (name) => {
    const { until, owner, off } = FLAGS[name];
    expect(owner).not.toBe('');
    expect(typeof off).toBe(typeof FLAGS[name].default);
    expect(until).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    expect(
      Date.parse(until),
      `the flag ${name} was to be decided by ${until}: take it out of the code, or renew the date`,
    ).toBeGreaterThan(Date.now());
  });
});
