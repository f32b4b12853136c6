// The checked-in answers of a JDK 17, for machines without Java. Written anew, after a change of the texts, by
//   CALUMMA_WRITE_FIXTURES=1 npx vitest run test/formats/properties-jdk.test.ts
// To add a named case, add its name and bytes to named.json and run that: the entries are filled in.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TextEncoding } from '../../../src/formats/format.js';
import { hostileTexts } from './hostile-properties.js';
import { askJava, type OracleAnswer } from './properties-oracle.js';

export interface FixtureCase {
  readonly name?: string;
  /** A byte per character. */
  readonly bytes: string;
  readonly encoding?: TextEncoding;
  /** Sorted by key; `null` where load() throws. */
  readonly entries: OracleAnswer;
}

interface Fixture {
  readonly about: string;
  readonly cases: readonly FixtureCase[];
}

const folder = join(import.meta.dirname, '../../../fixtures/properties');

export function readFixture(name: string): Fixture {
  return JSON.parse(readFileSync(join(folder, name), 'utf8')) as Fixture;
}

export function writeFixtures(): void {
  answered('named.json', readFixture('named.json').cases);
  const hostile = hostileTexts(600, 17).map(({ bytes, encoding }) => ({ bytes: bytes.toString('latin1'), encoding }));
  answered('hostile.json', hostile);
}

const about =
  'What java.util.Properties.load of JDK 17 makes of texts. bytes: a byte per character, UTF-8 unless encoding says otherwise. ' +
  'entries: sorted by key, null where load() throws. Written by test/harness/java/properties-fixtures.ts.';

function answered(file: string, cases: readonly Omit<FixtureCase, 'entries'>[]): void {
  const answers = askJava(cases.map(({ bytes, encoding = 'utf8' }) => ({ bytes: Buffer.from(bytes, 'latin1'), encoding })));
  const lines = cases.map((fixture, index) => ascii({ ...fixture, entries: answers[index] }));
  writeFileSync(join(folder, file), `{ "about": ${JSON.stringify(about)}, "cases": [\n${lines.join(',\n')}\n] }\n`);
}

/** JSON in ASCII alone, so that editors and diffs show every character. */
function ascii(value: unknown): string {
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
