import { describe, it } from 'vitest';

import { type Rig, sourceConformance } from '../../src/testing/index.js';

/** Runs every conformance case on a rig of its own; what does not apply is skipped with its reason. */
export function conform(name: string, openRig: () => Rig | Promise<Rig>): void {
  describe(`${name} keeps the promises of sources:`, () => {
    it.for(sourceConformance.map((one) => [one.name, one] as const))('%s', async ([, { run, whyNot }], context) => {
      const rig = await openRig();
      try {
        const reason = whyNot(rig);
        if (reason === undefined) await run(rig);
        else context.skip(reason);
      } finally {
        await rig.close();
      }
    });
  });
}
