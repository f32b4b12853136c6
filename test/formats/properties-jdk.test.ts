import { beforeAll, describe, expect, test } from 'vitest';
import { FormatError } from '../../src/core/errors.js';
import { runToEnd } from '../../src/core/slices.js';
import type { TextEncoding } from '../../src/formats/format.js';
import { decode } from '../../src/formats/properties-pieces.js';
import { properties } from '../../src/formats/properties.js';
import { hostileTexts } from '../harness/java/hostile-properties.js';
import { readFixture, writeFixtures } from '../harness/java/properties-fixtures.js';
import { askJava, hasJava, sorted, type OracleAnswer } from '../harness/java/properties-oracle.js';

const { env } = process;
const java = hasJava();
if (!java) process.stderr.write('no javac on the path: .properties is compared with recorded answers of a JDK only\n');

describe('.properties is read as java.util.Properties.load reads it', () => {
  beforeAll(() => {
    if (env.CALUMMA_WRITE_FIXTURES !== undefined) writeFixtures();
  });

  for (const { name = '', bytes, encoding = 'utf8', entries } of readFixture('named.json').cases) {
    test(name, () => {
      expectBothRead(Buffer.from(bytes, 'latin1'), encoding, entries);
    });
  }

  test('recorded hostile texts', () => {
    const { cases } = readFixture('hostile.json');
    expect(cases.length).toBeGreaterThan(500);
    for (const { bytes, encoding = 'utf8', entries } of cases) expectBothRead(Buffer.from(bytes, 'latin1'), encoding, entries);
  });

  test('a Java compiler is there when all servers and tools are required', () => {
    expect(java || env.CALUMMA_TEST_REQUIRE !== 'all').toBe(true);
  });

  test.runIf(java)('thousands of hostile texts, asked of the JVM of this machine', () => {
    const cases = hostileTexts(6_000, 4711);
    const answers = askJava(cases);
    expect(answers.filter((answer) => answer !== null).length).toBeGreaterThan(3_000);
    expect(answers.filter((answer) => answer === null).length).toBeGreaterThan(300);
    for (const [index, { bytes, encoding }] of cases.entries()) expectBothRead(bytes, encoding, answers[index]!);
  }, 60_000);

  test.runIf(java)('the recorded answers are those of the JVM of this machine', () => {
    for (const file of ['named.json', 'hostile.json']) {
      const { cases } = readFixture(file);
      const answers = askJava(cases.map(({ bytes, encoding = 'utf8' }) => ({ bytes: Buffer.from(bytes, 'latin1'), encoding })));
      expect(answers).toEqual(cases.map(({ entries }) => entries));
    }
  }, 60_000);
});

function expectBothRead(bytes: Buffer, encoding: TextEncoding, expected: OracleAnswer): void {
  const text = decode(bytes, encoding, 0, bytes.length);
  const where = JSON.stringify(bytes.toString('latin1'));
  expect(answer(() => properties.parse(text)), where).toEqual(expected);
  expect(answer(() => runToEnd(properties.incremental!.open(bytes, encoding)).entries), where).toEqual(expected);
}

function answer(read: () => ReadonlyMap<string, string>): OracleAnswer {
  try {
    return sorted(read());
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return null;
  }
}
