import assert from 'node:assert/strict';
import { ConfigError } from '../core/errors.js';
import { Reader, reading } from './reader.js';
import { conformance, type ConformanceCase } from './rig.js';

/** What every source promises for the day when something breaks. */
export const outageCases: readonly ConformanceCase[] = [
  conformance('an outage is a failure, never an empty reading, and a later read recovers', ['put', 'breakDown', 'repair'], async (rig) => {
    await rig.put('a', '1');
    await reading(rig, async (reader) => {
      await reader.untilIs('a', '1');
      await rig.breakDown();
      await reader.until(() => reader.failures.length > 0, 'the outage to be noticed');
      assert.equal(reader.entries.get('a'), '1', 'what was read stays');
      await rig.repair();
      await rig.put('a', '2');
      await reader.untilIs('a', '2');
    });
  }),

  conformance('a thing that is unreachable from the start is a failure, and is read once it is there', ['put', 'breakDown', 'repair'], async (rig) => {
    await rig.put('a', '1');
    await rig.breakDown();
    await reading(rig, async (reader) => {
      await reader.until(() => reader.failures.length > 0, 'the outage to be noticed');
      assert.deepEqual(reader.readings, []);
      await rig.repair();
      await reader.untilIs('a', '1');
    });
  }),

  conformance('an abort during an outage ends it, silently', ['breakDown', 'repair'], async (rig) => {
    await rig.breakDown();
    const reader = new Reader(rig);
    await reader.until(() => reader.failures.length > 0, 'the outage to be noticed');
    await reader.stop();
    await rig.repair();
  }),

  conformance('what cannot be used is a failure that names the source; what was read stays, and good content heals it', ['put', 'malform'], async (rig) => {
    await rig.put('a', '1');
    await reading(rig, async (reader) => {
      await reader.untilIs('a', '1');
      await rig.malform();
      await reader.until(() => reader.failures.length > 0, 'the bad content to be refused');
      const [failure] = reader.failures;
      assert.ok(failure instanceof ConfigError, `expected a ConfigError, found ${String(failure)}`);
      assert.deepEqual([...reader.entries], [...Object.entries(rig.initial ?? {}), ['a', '1']]);
      await rig.put('a', '2');
      await reader.untilIs('a', '2');
    });
  }),
];
