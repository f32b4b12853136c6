import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';

import { runOnce } from '../../../src/cli/demo/once.js';
import { Failure } from '../../../src/cli/exit.js';
import { outputTo } from '../../../src/cli/output.js';

const silent = { write: () => true };

it('fails with a clear message when the change does not land in time, and leaves nothing behind', async () => {
  let folder = '';
  const lost = runOnce(outputTo(silent, silent), new AbortController().signal, {
    withinMs: 200,
    edit: ({ files }) => {
      ({ folder } = files);
      return Promise.resolve();
    },
  });
  await expect(lost).rejects.toThrow(new Failure('the change of gateway.rate.limit did not land within 200 ms'));
  expect(folder).not.toBe('');
  expect(existsSync(folder)).toBe(false);
});
