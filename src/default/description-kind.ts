import type { Source } from '../core/model.js';
import type { Fields, FieldValues } from './description-fields.js';

/** What sources are told beside the options that stand in the description. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  /** Where the description lies. */
  readonly folder: string;
}

/** Options of which there must be just one, or one at most. */
export interface Choice {
  readonly of: readonly string[];
  readonly needed: boolean;
}

/** A kind of layer: the options under its key, and the source they make. */
export interface Kind {
  readonly about: string;
  readonly fields: Fields;
  readonly choice: Choice | undefined;
  /** @throws ConfigError when the options do not fit each other; it is told with the line of the layer */
  readonly make: (options: never, surroundings: Surroundings) => Source;
}

export function kind<const F extends Fields>(
  about: string,
  fields: F,
  make: (options: FieldValues<F>, surroundings: Surroundings) => Source,
  choice?: { readonly of: readonly (keyof F & string)[]; readonly needed: boolean },
): Kind {
  return { about, fields, make, choice };
}
