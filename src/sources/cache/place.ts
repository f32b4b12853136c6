import { resolve } from 'node:path';

/** Where a file is, and how it is spelled to people. */
export interface Place {
  readonly path: string;
  readonly shown: string;
}

/** The file of a layer, and the one it had before. A relative path is taken from the working folder of this moment. */
export interface Places {
  readonly current: Place;
  readonly previous: Place;
}

export function placesOf(shown: string): Places {
  const path = resolve(shown);
  return { current: { path, shown }, previous: { path: `${path}.previous`, shown: `${shown}.previous` } };
}
