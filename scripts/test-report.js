// Reads what vitest reports as JSON and adds several runs up.

import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';

/**
 * @typedef {{ passed: number, failed: number, skipped: number, failures: string[] }} Report
 * @typedef {{ fullName: string, status: string, failureMessages?: string[] }} Assertion
 * @typedef {{ name: string, status: string, message?: string, assertionResults: Assertion[] }} TestFile
 */

/**
 * The report of one run of vitest. A file that could not be loaded, a fault outside of any test and a run that left no
 * report count as one failure each: none of them may look like success.
 *
 * @param {string} run
 * @param {string} path
 * @param {boolean} isGood whether vitest itself said so
 * @returns {Report}
 */
export function readReport(run, path, isGood) {
  if (!existsSync(path)) return suiteFailure(`${run}: ended without a report`);
  /** @type {{ testResults: TestFile[] }} */
  const { testResults } = JSON.parse(readFileSync(path, 'utf8'));
  const report = addReports(testResults.map((file) => readFile(run, file)));
  return isGood || report.failed > 0 ? report : suiteFailure(`${run}: a fault outside of any test`, report);
}

/**
 * @param {string} run
 * @param {TestFile} file
 * @returns {Report}
 */
function readFile(run, { name, status, message, assertionResults }) {
  const count = (/** @type {string[]} */ ...wanted) =>
    assertionResults.filter((result) => wanted.includes(result.status)).length;
  const failed = assertionResults.filter((result) => result.status === 'failed');
  const place = `${run}: ${relative(process.cwd(), name)}`;
  const report = {
    passed: count('passed'),
    failed: failed.length,
    skipped: count('skipped', 'pending', 'todo', 'disabled'),
    failures: failed.map((result) => `${place}: ${result.fullName}: ${firstLine(result.failureMessages?.[0])}`),
  };
  const isBroken = status === 'failed' && failed.length === 0;
  return isBroken ? suiteFailure(`${place}: ${firstLine(message)}`, report) : report;
}

/**
 * One failure that is no test's, on top of a report.
 *
 * @param {string} what
 * @param {Report} [report]
 * @returns {Report}
 */
export function suiteFailure(what, report = addReports([])) {
  return addReports([report, { passed: 0, failed: 1, skipped: 0, failures: [what] }]);
}

/**
 * @param {Report[]} reports
 * @returns {Report}
 */
export function addReports(reports) {
  const sum = (/** @type {'passed' | 'failed' | 'skipped'} */ key) => reports.reduce((all, one) => all + one[key], 0);
  return {
    passed: sum('passed'),
    failed: sum('failed'),
    skipped: sum('skipped'),
    failures: reports.flatMap((report) => report.failures),
  };
}

/**
 * The last line of a test run, as other programs read it.
 *
 * @param {Report} report
 */
export function resultLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** @param {string | undefined} text */
function firstLine(text) {
  return (text ?? '').split('\n')[0] ?? '';
}
