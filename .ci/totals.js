// Adds up the JSON reports of vitest in a folder: `node .ci/totals.js <folder> <exit code>`.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder = '', status = '0'] = process.argv.slice(2);
const reports = readdirSync(folder).filter((name) => name.endsWith('.json')).sort();

let passed = 0;
let failed = 0;
for (const name of reports) {
  const report = JSON.parse(readFileSync(join(folder, name), 'utf8'));
  // A file that could not even be loaded has no tests to count.
  const broken = report.success || report.numFailedTests > 0 ? 0 : 1;
  passed += report.numPassedTests;
  failed += report.numFailedTests + broken;
  console.log(`${name.replace('.json', '')}: ${report.numPassedTests} passed, ${report.numFailedTests + broken} failed, ${report.numPendingTests} skipped`);
}
// A step that is no test failed: it counts, so that the last line never looks good when the run is not.
if (status !== '0' && failed === 0) failed = 1;
console.log(`${passed} passed, ${failed} failed`);
