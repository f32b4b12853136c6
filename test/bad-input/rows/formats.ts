import type { Row } from '../row.js';
import { secret } from '../row.js';
import { badFile, type Words } from '../stages.js';

/** A broken text: the error is a FormatError with its place, the layer keeps what it had. */
function broken(fileName: string) {
  return (name: string, content: string | Buffer, line: number, column: number, ...says: string[]): Row => {
    const format = fileName.slice(fileName.lastIndexOf('.') + 1).replace('env', 'dotenv');
    const words: Words = { code: 'CALUMMA_FORMAT', says: [`${format}: `, ...says], origin: `${fileName}:${line}:${column}`, line, column };
    return badFile(`${format} with ${name}`, fileName, content, words);
  };
}

const yaml = broken('app.yaml');
const json = broken('app.json');
const jsonc = broken('app.jsonc');
const toml = broken('app.toml');
const dotenv = broken('.env');
const properties = broken('app.properties');

/** As editors leave it: a text without a newline at its end looks cut off, and is waited for. */
function line(text: string): string {
  return `${text}\n`;
}

const png = Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489', 'hex');
const latin1 = Buffer.from(`subject: fine\npassword: ${secret} caf\xe9\n`, 'latin1');
const utf16 = Buffer.from(`\uFEFFsubject: ${secret}\n`, 'utf16le');
const utf16WithoutBom = Buffer.from(`password: ${secret}\n`, 'utf16le');
const notUtf8 = 'not UTF-8';
const escape = 'expected four hexadecimal digits after \\u';

function bomb(levels: number): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let level = 1; level < levels; level++) {
    lines.push(`a${level}: &a${level} [${Array<string>(10).fill(`*a${level - 1}`).join(', ')}]`);
  }
  return `${lines.join('\n')}\n`;
}

function mergeBomb(): string {
  const lines = ['base: &m0 {k0: x}'];
  for (let level = 1; level < 2_000; level++) lines.push(`m${level}: &m${level} {k${level}: x, <<: *m${level - 1}}`);
  return `${lines.join('\n')}\n`;
}

const deepBlocks = Array.from({ length: 110 }, (_, level) => `${' '.repeat(level)}k:`).join('\n');
const deepList = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;

const inYaml: readonly Row[] = [
  yaml('a tab as indentation', `db:\n\tpassword: ${secret}\n`, 2, 1, 'a tab in the indentation'),
  yaml('a key that stands twice', `subject: a\npassword: ${secret}\nsubject: b\n`, 3, 1, 'duplicate key "subject"'),
  yaml('a key that stands twice in another spelling', `a.b: ${secret}\na:\n  b: 2\n`, 3, 3, 'duplicate key "a.b"'),
  yaml('a double quote that is not closed', `password: "${secret}\nother: 1\n`, 2, 1, 'deficient indentation'),
  yaml('a single quote that is not closed', `password: '${secret}\n`, 2, 1, 'deficient indentation'),
  yaml('an unknown tag', `password: !${secret} x\n`, 1, 11, 'an unknown tag'),
  yaml('a tag that runs code in other readers', `a: !!python/object/apply:os.system ["${secret}"]\n`, 1, 4, 'an unknown tag'),
  yaml('an alias bomb', bomb(9), 1, 13, 'grows to more than'),
  yaml('a bomb of merges', mergeBomb(), 1414, 26, 'merges of more than 1000000 keys'),
  yaml('an alias that contains itself', `a: &a\n  password: ${secret}\n  b: *a\n`, 3, 6, 'a recursive alias'),
  yaml('an alias to nothing', `password: *${secret}\n`, 1, 11, 'an alias without an anchor before it'),
  yaml('101 maps in one another', deepBlocks, 101, 101, 'more than 100 levels'),
  yaml('100,000 lists in one another', `a: ${deepList}\n`, 1, 131, 'more than 100 levels'),
  yaml('a list at its root', `- ${secret}\n- b\n`, 1, 1, 'expected a map, found a list'),
  yaml('a scalar at its root', `${secret}\n`, 1, 1, 'expected a map, found a scalar'),
  yaml('a list as its second document', `a: 1\n---\n- ${secret}\n`, 3, 1, 'expected a map, found a list'),
  yaml('a NUL', `subject: fine\npassword: ${secret}\0\n`, 2, 28, 'binary data (a NUL character)'),
  yaml('a control character', `password: ${secret}\u0001\n`, 1, 28, 'non-printable characters'),
  yaml('the bytes of a picture', png, 1, 1, notUtf8),
  yaml('bytes that are Latin-1', latin1, 2, 32, notUtf8, "encoding: 'latin1'"),
  yaml('UTF-16 and its byte order mark', utf16, 1, 1, notUtf8),
  yaml('UTF-16 without byte order mark', utf16WithoutBom, 1, 2, 'binary data (a NUL character)'),
  yaml('a byte order mark and then rubbish', `\uFEFF@@@ ${secret} {{{\n`, 1, 1, 'is expected'),
  yaml('a map as a key', `{password: ${secret}}: 1\n`, 1, 1, 'a key that is a map or a list'),
  yaml('a null key', `~: ${secret}\n`, 1, 1, 'a null key'),
  yaml('a merge of a scalar', `a:\n  <<: ${secret}\n`, 2, 3, 'a merge of something that is no map'),
  yaml('a colon in a plain value', `password: ${secret}: x\n`, 1, 28, 'a value that needs quotes'),
  yaml('a value that begins with an at sign', `password: "@${secret}"\npassword2: @${secret}\n`, 2, 12, 'needs quotes'),
  yaml('an escape that is none', `password: "${secret}\\q"\n`, 1, 30, 'unknown escape sequence'),
  yaml('a flow map that is not closed', `db: {password: ${secret}\nother: 1\n`, 2, 1, 'deficient indentation'),
  yaml('a version of the language that is none', `%YAML 9.9\n---\npassword: ${secret}\n`, 2, 1, 'unacceptable YAML version'),
  yaml('a number under the tag of another type', `password: !!int ${secret}\n`, 1, 11, 'a value that does not fit its tag'),
  yaml('half a line at its end', `subject: a\n${secret}\n`, 3, 1, 'can not read a block mapping entry'),
];

const inJson: readonly Row[] = [
  json('a comma too many', line(`{"password": "${secret}",}`), 1, 34, 'expected a key in double quotes'),
  json('a comment', line(`{\n  // ${secret}\n  "a": 1\n}`), 2, 3, 'a comment, which JSON does not have'),
  json('a key that stands twice', line(`{"password": "${secret}",\n "password": "b"}`), 2, 2, 'duplicate key "password"'),
  json('a list at its root', line(`["${secret}"]`), 1, 1, 'expected an object'),
  json('a text at its root', line(`"${secret}"`), 1, 1, 'expected an object'),
  json('null at its root', line('null'), 1, 1, 'expected an object'),
  json('100,000 lists in one another', line(`{"a": ${deepList}}`), 1, 106, 'more than 100 levels'),
  json('100,000 objects in one another', line('{"a":'.repeat(100_000)), 1, 501, 'more than 100 levels'),
  json('single quotes', line(`{'password': '${secret}'}`), 1, 2, 'expected a key in double quotes'),
  json('a value without quotes', line(`{"password": ${secret}}`), 1, 14, 'expected a value'),
  json('NaN', line('{"limit": NaN}'), 1, 11, 'expected a value'),
  json('a number with a leading zero', line('{"limit": 010}'), 1, 12, 'expected "," or "}"'),
  json('a line break in a text', line(`{"password": "${secret}\n"}`), 1, 14, 'a string that does not end on its line'),
  json('a control character in a text', line(`{"password": "${secret}\u0007"}`), 1, 14, 'a control character in a string'),
  json('an escape that is none', line(`{"password": "${secret}\\x"}`), 1, 14, 'an unknown escape'),
  json('half a Unicode escape', line(`{"password": "${secret}\\u12"}`), 1, 14, 'a bad \\u escape'),
  json('a second object', line(`{"a": 1}\n{"password": "${secret}"}`), 2, 1, 'expected nothing after the object'),
  json('a NUL', line(`{"password": "${secret}\0"}`), 1, 32, 'binary data (a NUL character)'),
  json('nothing in it', '', 1, 1, 'expected an object, found the end'),
  json('the bytes of a picture', png, 1, 1, notUtf8),
  json('UTF-16 and its byte order mark', utf16, 1, 1, notUtf8),
  json('a byte order mark and then rubbish', line(`\uFEFF<html>${secret}</html>`), 1, 1, 'expected an object'),
  jsonc('a comment that does not end', line(`{"a": 1} /* ${secret}`), 1, 10, 'a comment that does not end'),
  jsonc('two commas', line(`{"password": "${secret}",,}`), 1, 34, 'expected a key in double quotes'),
];

const inToml: readonly Row[] = [
  toml('a key that stands twice', `password = "${secret}"\npassword = "b"\n`, 2, 1, 'redefine'),
  toml('a table that stands twice', `[a]\npassword = "${secret}"\n[b]\n[a]\n`, 4, 2, 'redefine'),
  toml('a text that is not closed', `password = "${secret}\n`, 1, 30, 'control characters are not allowed'),
  toml('a value without quotes', `password = ${secret}\n`, 1, 12, 'invalid value'),
  toml('a key without value', `subject = "a"\n${secret}\n`, 2, 18, 'illegal character in key'),
  toml('a month that is none', 'day = 2020-13-01\n', 1, 7, 'invalid date'),
  toml('a number with a leading zero', 'limit = 010\n', 1, 9, 'leading zero'),
  toml('an escape that is none', `password = "${secret}\\q"\n`, 1, 31, 'unrecognised escape'),
  toml('two values in a line', `a = 1 password = "${secret}"\n`, 1, 7, 'must be followed by an end-of-line'),
  toml('lists in one another beyond measure', `a = ${'['.repeat(1_000)}${']'.repeat(1_000)}\n`, 1, 105, 'more than 100 levels'),
  toml('a NUL', `password = "${secret}\0"\n`, 1, 30, 'binary data (a NUL character)'),
  toml('bytes that are Latin-1', latin1, 2, 32, notUtf8),
];

const inLines: readonly Row[] = [
  dotenv('a NUL', `subject=fine\nPASSWORD=${secret}\0\n`, 2, 27, 'binary data (a NUL character)'),
  dotenv('bytes that are Latin-1', latin1, 2, 32, notUtf8),
  dotenv('UTF-16 and its byte order mark', utf16, 1, 1, notUtf8),
  properties('half a Unicode escape in a value', `subject=a\npassword=${secret}\\u12x4\n`, 2, 27, escape),
  properties('a Unicode escape that breaks off at the end', `password=${secret}\\u00`, 1, 27, escape),
  properties('half a Unicode escape in a key', `pass\\uD8word=${secret}\n`, 1, 5, escape),
  properties('half a Unicode escape behind a continued line', `password=${secret}\\\n  \\uZZZZ\n`, 2, 3, escape),
  properties('bytes that are Latin-1', latin1, 2, 32, notUtf8),
  properties('the bytes of a picture', png, 1, 1, notUtf8),
];

export const formatRows: readonly Row[] = [...inYaml, ...inJson, ...inToml, ...inLines];
