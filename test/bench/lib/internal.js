/**
 * What the public entry does not give: a format by itself. Taken from the built package, so that it is the code users run.
 */
export { properties } from '../../../dist/formats/properties.js';
export { runToEnd } from '../../../dist/formats/format.js';
