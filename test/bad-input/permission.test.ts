import { chmodSync } from 'node:fs';

import { afterAll, expect, test } from 'vitest';

import { directory } from '../../src/index.js';
import { unprivileged } from '../sources/watch/rig.js';
import type { Row } from './row.js';
import { runRow } from './runner.js';
import { fileStage, quick } from './stages.js';

/*
 * In a file of its own, which is a process of its own: root reads everything, so the process becomes nobody while the row
 * runs, and no other row may run beside it.
 */

const forbidden: readonly Row[] = [
  {
    name: 'a file without permission',
    code: 'CALUMMA_SOURCE',
    says: ['expected a readable file, found EACCES'],
    origin: 'app.yaml',
    stage: (lab) => fileStage(lab, 'app.yaml', () => chmodSync(lab.at('app.yaml'), 0)),
  },
  {
    name: 'a folder on the way without permission',
    code: 'CALUMMA_SOURCE',
    says: ['expected a readable file, found EACCES'],
    origin: 'conf/app.yaml',
    stage(lab) {
      const stage = fileStage(lab, 'conf/app.yaml', () => chmodSync(lab.at('conf'), 0));
      return {
        ...stage,
        heal(config) {
          chmodSync(lab.at('conf'), 0o700);
          return stage.heal(config);
        },
      };
    },
  },
  {
    name: 'a folder of keys without permission',
    code: 'CALUMMA_SOURCE',
    says: ['expected a readable folder, found EACCES'],
    origin: 'mount',
    stage(lab) {
      lab.write('mount/subject', 'good\n');
      return {
        layers: [directory(lab.at('mount'), { name: 'subject', ...quick })],
        turns: 'subject',
        harm: () => chmodSync(lab.at('mount'), 0o300),
        heal: () => {
          chmodSync(lab.at('mount'), 0o700);
          lab.write('mount/subject', 'healed\n');
        },
      };
    },
  },
  {
    name: 'a mounted key without permission',
    code: 'CALUMMA_SOURCE',
    says: ['expected a readable file, found EACCES'],
    origin: 'mount/subject',
    stage(lab) {
      lab.write('mount/subject', 'good\n');
      return {
        layers: [directory(lab.at('mount'), { name: 'subject', ...quick })],
        turns: 'subject',
        harm: () => chmodSync(lab.at('mount/subject'), 0),
        heal: () => {
          lab.write('mount/subject', 'healed\n');
        },
      };
    },
  },
];

afterAll(() => expect(process.geteuid?.()).toBe(process.getuid?.()));

test.each(forbidden)('$name', (row) => unprivileged(() => runRow(row)));
