import { expect, test } from 'vitest';
import { MIGRATIONS } from '../storage/migrations/migrations.ts';
import { createTestDatabase } from '../testing/test-database.ts';
import { migrateCommand } from './migrate-command.ts';
import { EXIT, runProgram } from './run-program.ts';

test('[MIG4] the command line migrates up, steps back, and says where the schema is', async () => {
  const database = await createTestDatabase();
  let output = '';
  const run = async (...args: string[]) => {
    output = '';
    const terminal = {
      env: { DATABASE_URL: database.connectionString },
      out: (text: string) => {
        output += text;
      },
      readInput: () => Promise.resolve(''),
    };
    return await runProgram(migrateCommand(terminal), args, () => {});
  };
  const names = Object.keys(MIGRATIONS).sort();
  const ranNow = async () => {
    await run('status', '--json');
    return (JSON.parse(output) as { name: string; ran: string | null }[])
      .filter((row) => row.ran !== null)
      .map((row) => row.name);
  };
  expect(await ranNow()).toEqual([]);
  expect(await run('up')).toBe(EXIT.done);
  expect(await ranNow()).toEqual(names);
  expect(await run('down', '--steps', '3')).toBe(EXIT.done);
  expect(await ranNow()).toEqual(names.slice(0, -3));
  expect(await run('up')).toBe(EXIT.done);
  await run('up');
  expect(output).toBe('nothing to do\n');
  for (const steps of ['0', '-1', 'x', '1.5']) expect(await run('down', '--steps', steps)).toBe(EXIT.misused);
  expect(await ranNow()).toEqual(names);
  await database.drop();
});
