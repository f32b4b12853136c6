import { Failure } from '../exit.js';

/** Characters of an answer, or of an event: 10 MB of values, in JSON's longest way to write them, and what stands around them. */
export const mostChars = 80 * 1024 * 1024;

export const tooLong = (): Failure => new Failure(`expected an answer of at most ${mostChars} characters, found more: is it a sidecar?`);
