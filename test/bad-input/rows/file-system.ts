import { execFileSync } from 'node:child_process';
import { mkdirSync, truncateSync } from 'node:fs';
import { createServer } from 'node:net';

import { directory, file, files, memory, type Source } from '../../../src/index.js';
import type { Lab } from '../lab.js';
import { type Row, secret, type Stage } from '../row.js';
import { badCall, badFile, badFeed, fileStage, quick, type Words } from '../stages.js';

const name = 'app.properties';
const unreadable: Words = { code: 'CALUMMA_SOURCE', says: ['expected a readable file, found '], origin: name };

function instead(what: string, found: string, put: (lab: Lab) => unknown): Row {
  return {
    name: `${what} in place of a file`,
    ...unreadable,
    says: ['expected a readable file, found', found],
    stage: (lab) =>
      fileStage(lab, name, async () => {
        lab.remove(name);
        await put(lab);
      }),
  };
}

async function listen(lab: Lab, at: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(at, resolve));
  lab.finally(() => new Promise((resolve) => server.close(resolve)));
}

/** A required file that goes, or whose way is cut. */
function gone(title: string, act: (lab: Lab) => unknown): Row {
  const where = 'conf/app.properties';
  return {
    name: title,
    code: 'CALUMMA_SOURCE',
    says: ['expected a file, found none', 'required'],
    origin: where,
    stage(lab) {
      const stage = fileStage(lab, where, () => act(lab), { required: true });
      return {
        ...stage,
        heal: (config) => {
          lab.remove('conf');
          return stage.heal(config);
        },
      };
    },
  };
}

/** A layer that is bad from its first moment: added to a config that runs. */
function added(title: string, words: Words, source: (lab: Lab) => Source, prepare: (lab: Lab) => unknown = () => undefined, options: Stage['options'] = {}): Row {
  return {
    name: title,
    ...words,
    stage(lab) {
      prepare(lab);
      const feed = memory({ subject: 'good' });
      return {
        layers: [feed],
        options,
        turns: 'added',
        state: 'failed',
        harm: (config) => config.addLayer({ source: source(lab), name: 'added' }),
        heal(config) {
          config.removeLayer('added');
          feed.set('subject', 'healed');
        },
      };
    },
  };
}

/** An include that leads nowhere is reported; the rest of the file counts. */
function include(title: string, says: readonly string[], text: string, prepare: (lab: Lab) => unknown = () => undefined, options: Stage['options'] = {}): Row {
  return {
    name: title,
    code: 'CALUMMA_INCLUDE',
    says: ['@next: ', ...says],
    origin: '.properties',
    moves: 'others',
    stage(lab) {
      prepare(lab);
      const stage = fileStage(lab, name, () => lab.write(name, text));
      return { layers: stage.layers, options, harm: stage.harm, heal: stage.heal };
    },
  };
}

/** An include that cannot be read refuses the file that names it. */
function refusedInclude(title: string, text: string, prepare: (lab: Lab) => unknown, words: Words): Row {
  const row = badFile(title, name, text, words);
  return {
    ...row,
    stage(lab) {
      prepare(lab);
      return row.stage(lab);
    },
  };
}

/** A folder of one file a key. */
function mounted(title: string, words: Words, harm: (lab: Lab) => unknown, reports = 1): Row {
  return {
    name: title,
    ...words,
    stage(lab): Stage {
      lab.write('mount/subject', 'good\n');
      lab.write('mount/db.password', 'good\n');
      return {
        layers: [directory(lab.at('mount'), { name: 'subject', ...quick })],
        reports,
        turns: 'subject',
        harm: () => harm(lab),
        heal: () => {
          lab.remove('mount');
          lab.write('mount/db.password', 'good\n');
          lab.write('mount/subject', 'healed\n');
        },
      };
    },
  };
}

/** Several files of one name. */
function named(title: string, words: Words, harm: (lab: Lab) => unknown): Row {
  return {
    name: title,
    ...words,
    stage(lab): Stage {
      lab.write('set/app.properties', 'subject=good\n');
      lab.write('set/app-prod.yaml', 'other: good\n');
      return {
        layers: [files(lab.at('set/app'), { name: 'subject', ...quick })],
        options: { context: { environment: 'prod' } },
        turns: 'subject',
        harm: () => harm(lab),
        heal: () => {
          lab.remove('set');
          lab.write('set/app-prod.yaml', 'other: good\n');
          lab.write('set/app.properties', 'subject=healed\n');
        },
      };
    },
  };
}

const elevenMegabytes = `password=${secret}\n${Array.from({ length: 110_000 }, (_, i) => `key.${i}=${'x'.repeat(90)}`).join('\n')}\n`;

const places: readonly Row[] = [
  instead('a folder', 'a folder (EISDIR)', (lab) => mkdirSync(lab.at(name))),
  instead('a pipe', 'ENOTSUP', (lab) => execFileSync('mkfifo', [lab.at(name)])),
  instead('a socket', 'ENOTSUP', (lab) => listen(lab, lab.at(name))),
  instead('a link to itself', 'ELOOP', (lab) => lab.link(name, name)),
  instead('a link to a device', 'ENOTSUP', (lab) => lab.link(name, '/dev/zero')),
  instead('a link to a folder', 'a folder (EISDIR)', (lab) => lab.link(name, '.')),
  gone('a required file that is deleted', (lab) => lab.remove('conf/app.properties')),
  gone('a required file whose folder is deleted', (lab) => lab.remove('conf')),
  gone('a link to nothing in place of a required file', (lab) => {
    lab.remove('conf/app.properties');
    lab.link('conf/app.properties', 'nothing');
  }),
  gone('a file in place of the folder of a required file', (lab) => {
    lab.remove('conf');
    lab.write('conf', secret);
  }),
  added('a path that is too long', { code: 'CALUMMA_SOURCE', says: ['expected a readable file, found ENAMETOOLONG'] }, (lab) => file(`${lab.at('x'.repeat(300))}.yaml`)),
  added('a required file that never was', { code: 'CALUMMA_SOURCE', says: ['expected a file, found none'] }, (lab) => file(lab.at('no.yaml'), { required: true })),
  added('a file that is broken from the start', { code: 'CALUMMA_FORMAT', says: ['json: expected a key in double quotes'], line: 1 }, (lab) => file(lab.at('a.json')), (lab) => lab.write('a.json', `{password: ${secret}}`)),
  added('a folder of keys that is a file', { code: 'CALUMMA_SOURCE', says: ['expected a readable folder, found a file'] }, (lab) => directory(lab.at('a.txt')), (lab) => lab.write('a.txt', secret)),
  added('a folder of keys that is a pipe', { code: 'CALUMMA_SOURCE', says: ['expected a readable folder, found a file'] }, (lab) => directory(lab.at('pipe')), (lab) => execFileSync('mkfifo', [lab.at('pipe')])),
  added('a folder of keys that links to itself', { code: 'CALUMMA_SOURCE', says: ['expected a readable folder, found ELOOP'] }, (lab) => directory(lab.at('loop')), (lab) => lab.link('loop', 'loop')),
];

const calls: readonly Row[] = [
  badCall('a path with a NUL', { code: 'CALUMMA_OPTION', says: ['file(path)', 'NUL'] }, (config) => config.addLayer(file('a\0.yaml'))),
  badCall('an empty path', { code: 'CALUMMA_OPTION', says: ['file(path)', 'expected a non-empty string, found an empty string'] }, (config) => config.addLayer(file(''))),
  badCall('a path that is a number', { code: 'CALUMMA_OPTION', says: ['file(path)', 'found a number'] }, (config) => config.addLayer(file(7 as never))),
  badCall('an extension nobody knows', { code: 'CALUMMA_UNKNOWN_FORMAT', says: ['no format for "app.docx"', '.yaml'] }, (config) => config.addLayer(file('app.docx'))),
  badCall('a file without extension', { code: 'CALUMMA_UNKNOWN_FORMAT', says: ['no format for "dockerfile"'] }, (config) => config.addLayer(file('Dockerfile'))),
  badCall('a folder of keys without a path', { code: 'CALUMMA_OPTION', says: ['directory(path)', 'found undefined'] }, (config) => config.addLayer(directory(undefined as never))),
  badCall('a set of files whose name is a folder', { code: 'CALUMMA_OPTION', says: ['files(base)', 'a path that ends in a name'] }, (config) => config.addLayer(files('config/'))),
  badCall('a set of files in no folder', { code: 'CALUMMA_OPTION', says: ['files({ in })', 'a list of folders'] }, (config) => config.addLayer(files({ name: 'a', in: [] }))),
];

const sizes: readonly Row[] = [
  badFile('11 MB of entries', name, elevenMegabytes, { code: 'CALUMMA_TOO_LARGE', says: ['expected at most 10485760 bytes', 'found 1'] }),
  {
    name: 'a file of 65 MiB',
    code: 'CALUMMA_SOURCE',
    says: ['expected at most 67108864 bytes, found 68157440'],
    origin: name,
    stage: (lab) =>
      fileStage(lab, name, () => {
        lab.write('large', 'subject=x\n');
        truncateSync(lab.at('large'), 65 * 1024 * 1024);
        lab.remove(name);
        execFileSync('mv', [lab.at('large'), lab.at(name)]);
      }),
  },
  {
    name: 'a file of 600 MiB',
    code: 'CALUMMA_SOURCE',
    says: ['expected a readable file, found EFBIG'],
    origin: name,
    stage: (lab) => fileStage(lab, name, () => truncateSync(lab.at(name), 600 * 1024 * 1024)),
  },
  badFeed('a reading beyond the limit of its layer', { code: 'CALUMMA_TOO_LARGE', says: ['subject: expected at most 10485760 bytes'] }, (feed) => feed.full({ 'db.password': secret.repeat(1_000_000) })),
];

const includes: readonly Row[] = [
  include('an include of the file itself', ['includes in a circle', 'app.properties → '], `subject=moved\n@next=${name}\n`),
  include('an include in a loop of three', ['includes in a circle', 'b.properties → ', 'c.properties → '], 'subject=moved\n@next=b\n', (lab) => {
    lab.write('b.properties', '@next=c\n');
    lab.write('c.properties', '@next=app\n');
  }),
  include('an include that is missing', ['missing.properties does not exist (yet)'], 'subject=moved\n@next=missing\n'),
  include('an include that climbs out of its folder', ['does not exist (yet)'], 'subject=moved\n@next=../../../../../../nowhere/passwd\n'),
  include('an include whose name cannot be filled in', ['mentions ${nobody}, which is set nowhere'], 'subject=moved\n@next=${nobody}\n'),
  include('an include by a context that leads elsewhere', ['context.stack', 'without "/"'], 'subject=moved\n@next=app-${@stack}\n', undefined, { context: { stack: '../x' } }),
  include('1,000 includes in one another', ['nested more than 32 deep'], 'subject=moved\n@next=i0\n', (lab) => {
    for (let i = 0; i < 1_000; i++) lab.write(`i${i}.properties`, `@next=i${i + 1}\n`);
  }),
  refusedInclude('an include of a folder', '@next=sub\n', (lab) => mkdirSync(lab.at('sub.properties')), { code: 'CALUMMA_SOURCE', says: ['expected a readable file, found'] }),
  include('an include with a NUL in its name', ['found a NUL character'], 'subject=moved\n@next=a\\u0000b\n'),
  badFile('an include whose name is too long', name, `@next=${'x'.repeat(300)}\n`, { code: 'CALUMMA_SOURCE', says: ['expected a readable file, found ENAMETOOLONG'] }),
  refusedInclude('an include that does not parse', '@next=sub.yaml\n', (lab) => lab.write('sub.yaml', `a:\n\tpassword: ${secret}\n`), { code: 'CALUMMA_FORMAT', says: ['yaml: a tab in the indentation'], origin: 'sub.yaml:2:1', line: 2 }),
];

const folders: readonly Row[] = [
  mounted('a binary file among mounted keys', { code: 'CALUMMA_SOURCE', says: ['expected text, found binary data'], origin: 'mount/db.password' }, (lab) => lab.write('mount/db.password', `${secret}\0\0`)),
  mounted('two binary files among mounted keys', { code: 'CALUMMA_SOURCE', says: ['expected text, found binary data'], origin: 'mount/' }, (lab) => {
    lab.write('mount/db.password', `${secret}\0\0`);
    lab.write('mount/subject', `${secret}\0\0`);
  }, 2),
  mounted('a mounted key that is not UTF-8', { code: 'CALUMMA_SOURCE', says: ['expected UTF-8'], origin: 'mount/db.password' }, (lab) => lab.write('mount/db.password', Buffer.from(`${secret}\xff`, 'latin1'))),
  mounted('a mounted key that links to itself', { code: 'CALUMMA_SOURCE', says: ['expected a readable file, found ELOOP'], origin: 'mount/db.password' }, (lab) => {
    lab.remove('mount/db.password');
    lab.link('mount/db.password', 'db.password');
  }),
  mounted('a file in place of a folder of keys', { code: 'CALUMMA_SOURCE', says: ['expected a readable folder, found a file'], origin: 'mount' }, (lab) => {
    lab.remove('mount');
    lab.write('mount', secret);
  }),
  named('one broken file in a set', { code: 'CALUMMA_FORMAT', says: ['yaml: a tab in the indentation'], origin: 'app-prod.yaml:2:1', line: 2, column: 1 }, (lab) => lab.write('set/app-prod.yaml', `db:\n\tpassword: ${secret}\n`)),
  named('a folder among the files of a set', { code: 'CALUMMA_SOURCE', says: ['expected a readable file, found a folder'], origin: 'app.json' }, (lab) => mkdirSync(lab.at('set/app.json'))),
  {
    ...named('a key in two formats of one variant', { code: 'CALUMMA_SHADOWED_KEY', says: ['"subject"', 'app.properties'], moves: 'others' }, (lab) => lab.write('set/app.yaml', `subject: ${secret}\n`)),
    stage(lab) {
      lab.write('set/app.properties', 'subject=good\n');
      return {
        layers: [files(lab.at('set/app'), { name: 'subject', ...quick })],
        harm: () => lab.write('set/app.yaml', `subject: ${secret}\n`),
        heal: () => lab.write('set/app.properties', 'subject=healed\n'),
      };
    },
  },
  added('a context value that leads to another folder', { code: 'CALUMMA_OPTION', says: ['context.environment', 'without "/"'] }, (lab) => files(lab.at('app')), undefined, { context: { environment: '../x' } }),
];

export const fileSystemRows: readonly Row[] = [...places, ...calls, ...sizes, ...includes, ...folders];
