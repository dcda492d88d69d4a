import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addReports, readReport, resultLine } from './test-report.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-report-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function reportOf(testResults: object[], isGood: boolean) {
  const path = join(folder, 'report.json');
  writeFileSync(path, JSON.stringify({ testResults }));
  return readReport('unit', path, isGood);
}

function assertion(status: string, message?: string) {
  return { fullName: `is ${status}`, status, failureMessages: message === undefined ? [] : [message] };
}

test('passed, failed and skipped tests are counted, and a failure is named with its first line', () => {
  const results = [assertion('passed'), assertion('skipped'), assertion('todo'), assertion('failed', 'no\nstack')];
  const report = reportOf(
    [{ name: join(process.cwd(), 'a.test.ts'), status: 'failed', assertionResults: results }],
    false,
  );
  expect(report).toEqual({ passed: 1, failed: 1, skipped: 2, failures: ['unit: a.test.ts: is failed: no'] });
});

test('a file that could not be loaded is a failure', () => {
  const broken = { name: 'a.test.ts', status: 'failed', message: 'cannot find module', assertionResults: [] };
  expect(reportOf([broken], false)).toMatchObject({ passed: 0, failed: 1 });
});

test('a fault outside of any test is a failure', () => {
  const good = { name: 'a.test.ts', status: 'passed', assertionResults: [assertion('passed')] };
  expect(reportOf([good], true)).toMatchObject({ passed: 1, failed: 0 });
  expect(reportOf([good], false)).toMatchObject({ passed: 1, failed: 1 });
});

test('a run that left no report is a failure', () => {
  expect(readReport('unit', join(folder, 'none.json'), true)).toMatchObject({ passed: 0, failed: 1 });
});

test('the last line adds the runs up and speaks of skipped tests only when there are any', () => {
  const one = { passed: 2, failed: 0, skipped: 0, failures: [] };
  expect(resultLine(addReports([one, one]))).toBe('4 passed, 0 failed');
  expect(resultLine(addReports([one, { ...one, skipped: 3 }]))).toBe('4 passed, 0 failed, 3 skipped');
});
