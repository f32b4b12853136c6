/**
 * What a source has to keep to, as cases that any test runner can run: for the authors of adapters.
 */
import { outageCases } from './outage-cases.js';
import { readCases } from './read-cases.js';
import type { ConformanceCase } from './rig.js';
import { writeCases } from './write-cases.js';

export type { ConformanceCase, Rig } from './rig.js';

/**
 * Every promise a source makes. A new adapter is a rig and a loop; what does not apply says why.
 *
 * @example
 * for (const { name, run, whyNot } of sourceConformance) {
 *   const rig = await openRig(); // a source, and put, remove, breakDown, repair, close
 *   const reason = whyNot(rig);
 *   try {
 *     if (reason === undefined) await run(rig);
 *     else console.log(`skipped: ${name}: ${reason}`);
 *   } finally {
 *     await rig.close();
 *   }
 * }
 */
export const sourceConformance: readonly ConformanceCase[] = [...readCases, ...outageCases, ...writeCases];
