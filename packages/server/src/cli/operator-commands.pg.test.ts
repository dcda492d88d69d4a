import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { record } from '../audit/audit.ts';
import { NO_FIGURES } from '../monitoring/figures.ts';
import { addUser, type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { runParley } from '../testing/run-parley.ts';
import { writeHistory } from '../trends/history-store.ts';
import { auditCommand } from './audit-command.ts';
import { flagCommand } from './flag-command.ts';
import { sparkline } from './sparkline.ts';
import { statsCommand } from './stats-command.ts';

let database: MigratedDatabase;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.drop());

async function parley(...args: string[]) {
  const ran = await runParley([statsCommand, auditCommand, flagCommand], args, {
    DATABASE_URL: database.database.connectionString,
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  const json = (): any => JSON.parse(ran.out);
  return { ...ran, json };
}

describe('the operator at the command line', () => {
  test('[FLAG5] sets, rolls out, kills and revives a flag, and what is wrong is told', async () => {
    const ada = await addUser(database, 'ada');
    expect((await parley('flag', 'set', 'notice', 'hello', '--users', 'ada')).code).toBe(0);
    await parley('flag', 'roll', 'notice', '10', '--value', 'new', '--roles', 'admin,owner');
    const rolled = await parley('flag', 'roll', 'notice', '50%', '--value', 'new', '--json');
    expect(rolled.json().rules).toEqual([
      { users: [ada], value: 'hello' },
      { percentage: 50, value: 'new' },
    ]);
    await parley('flag', 'kill', 'notice');
    const { out } = await parley('flag', 'list');
    expect(out).toContain('KILLED ("hello" to 1 users; "new" to 50 %)');
    expect((await parley('flag', 'revive', 'notice', '--json')).json()).toMatchObject({ killed: false });
    expect((await parley('flag', 'reset', 'notice', '--json')).json()).toMatchObject({ rules: [] });
    expect((await parley('flag', 'set', 'search', 'perhaps')).complaint).toContain('type boolean');
    expect((await parley('flag', 'set', 'nothing', 'x')).complaint).toContain('there is none of this name');
    expect((await parley('flag', 'roll', 'search', '101')).code).toBe(2);
    expect((await parley('flag', 'roll', 'notice', '10')).complaint).toContain('--value');
    expect((await parley('flag', 'set', 'notice', 'x', '--users', 'ada,nobody')).complaint).toContain('called nobody');
    const audit = await parley('audit', '--action', 'flag', '--json');
    expect(audit.json().map(({ action }: { action: string }) => action)).toEqual([
      'flag.set',
      'flag.revived',
      'flag.killed',
      'flag.set',
      'flag.set',
      'flag.set',
    ]);
  });

  test('[FLAG5] a share of a flag that is on by default leaves the others without', async () => {
    await parley('flag', 'set', 'search', 'false');
    const share = await parley('flag', 'roll', 'search', '10', '--json');
    expect(share.json().rules).toEqual([{ percentage: 10, value: true }, { value: false }]);
    await parley('flag', 'reset', 'search');
  });

  test('[AUD2] [AUD3] reads the audit log, and writes all of it to a file', async () => {
    const eve = await addUser(database, 'eve');
    for (let index = 0; index < 3; index++) {
      const details = { note: index === 0 ? 'a "quoted", line\nwith two' : 'plain' };
      const entry = { actorId: eve, action: 'test.done', target: '=1+1', details, address: '192.0.2.1' };
      await record(database.db, entry);
    }
    expect((await parley('audit', '--user', 'eve', '--limit', '2', '--json')).json()).toHaveLength(2);
    const csv = (await parley('audit', '--user', 'eve', '--format', 'csv')).out.split('\r\n');
    expect(csv[0]).toBe('at,actor,actorId,action,target,address,details');
    expect(csv).toHaveLength(5);
    expect(csv[3]).toContain(`,eve,${eve},test.done,'=1+1,192.0.2.1,"{""note"":`);
    const lines = (await parley('audit', '--user', 'eve', '--format', 'ndjson')).out.trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { actor: string }).actor)).toEqual(['eve', 'eve', 'eve']);
    expect((await parley('audit', '--user', 'nobody')).complaint).toContain('nobody is called so');
    expect((await parley('audit', '--until', '2000-01-01')).out).toBe('none\n');
    expect((await parley('audit', '--since', 'yesterday')).code).toBe(2);
  });

  test('[MET4] shows how the server did, drawn for people and as JSON for programs', async () => {
    const now = Date.now();
    const at = now - (now % 60_000) - 120_000;
    const row = { ...NO_FIGURES, step: 60, node: 'a', version: '1', seconds: 60, connections: 7, messages: 600 };
    const errors = { 'message.send busy': 3 };
    await writeHistory(database.db, [
      { ...row, at: at - 60_000 },
      { ...row, at, messages: 1_200, commands: 2_000, failed: 3, errors },
    ]);
    const { out } = await parley('stats', '--last', '5h');
    expect(out).toContain('messages/s');
    expect(out).toMatch(/▅█ +now 20\.0, most 20\.0/);
    expect(out).toMatch(/message\.send +busy +3/);
    const json = (await parley('stats', '--last', '1d', '--json')).json();
    expect(json).toMatchObject({ step: '1min', errors: [{ operation: 'message.send', code: 'busy', count: 3 }] });
    expect(json.points.map(({ messageRate }: { messageRate: number }) => messageRate)).toEqual([10, 20]);
    expect((await parley('stats', '--last', 'long')).code).toBe(2);
    expect(sparkline([], 10)).toBe('');
    expect(sparkline([0, 0], 10)).toBe('▁▁');
    expect(sparkline([1, 8, 2, 4], 2)).toBe('█▅');
  });
});
