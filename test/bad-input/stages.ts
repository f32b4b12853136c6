import { expect } from 'vitest';

import { type Config, type DynamicProperty, file, type MemorySource, memory } from '../../src/index.js';
import { Feed } from '../runtime/rig.js';
import type { Lab } from './lab.js';
import type { Row, Stage } from './row.js';

type FileOptions = NonNullable<Parameters<typeof file>[1]>;
export type Words = Pick<Row, 'code' | 'says'> & Partial<Pick<Row, 'origin' | 'line' | 'column' | 'moves'>>;

/** Quick enough for a table, slow enough to be the real thing. */
export const quick = { removalGraceMs: 50 };

const good: Readonly<Record<string, (value: string) => string>> = {
  '.yaml': (value) => `subject: ${value}\n`,
  '.json': (value) => `{"subject": "${value}"}\n`,
  '.jsonc': (value) => `{"subject": "${value}"} // fine\n`,
  '.toml': (value) => `subject = "${value}"\n`,
  '.env': (value) => `subject=${value}\n`,
  '.properties': (value) => `subject=${value}\n`,
};

export function goodText(name: string, value: string): string {
  return (good[name.slice(name.lastIndexOf('.'))] ?? good['.properties'])!(value);
}

/** A good file, and what is done to it. */
export function fileStage(lab: Lab, name: string, harm: () => unknown, options: FileOptions = {}): Stage {
  lab.write(name, goodText(name, 'good'));
  return {
    layers: [file(lab.at(name), { name: 'subject', ...quick, ...options })],
    turns: 'subject',
    harm,
    heal: () => {
      lab.remove(name);
      lab.write(name, goodText(name, 'healed'));
    },
  };
}

/** A file whose content is replaced by something bad. */
export function badFile(name: string, fileName: string, content: string | Buffer, words: Words, options?: FileOptions): Row {
  return { name, ...words, stage: (lab) => fileStage(lab, fileName, () => lab.write(fileName, content), options) };
}

interface ValueTexts {
  readonly good: string;
  readonly bad: string;
  readonly better: string;
}

/** A text that is not of the type of its property. */
export function badValue(
  name: string,
  property: (config: Config, key: string) => DynamicProperty<unknown>,
  { good: goodText, bad, better }: ValueTexts,
  says: readonly string[],
  { key = 'value', code = 'CALUMMA_CONVERSION' }: { key?: string; code?: Row['code'] } = {},
): Row {
  return {
    name,
    code,
    says: [`${key}: `, ...says],
    origin: `memory:${key}`,
    moves: 'text',
    stage() {
      const source = memory({ [key]: goodText, subject: 'good' });
      return {
        layers: [source],
        properties: (config) => [property(config, key)],
        harm: () => source.set(key, bad),
        again: (config) => {
          property(config, key).get();
          return config.refresh();
        },
        heal(config) {
          const before = property(config, key).get();
          source.replace({ [key]: better, subject: 'healed' });
          expect(property(config, key).get()).not.toEqual(before);
        },
      };
    },
  };
}

/** A call that is refused: nothing has happened. */
export function badCall(name: string, words: Words, call: (config: Config, lab: Lab, source: MemorySource) => unknown, extra: Partial<Stage> = {}): Row {
  return {
    name,
    ...words,
    stage(lab) {
      const source = memory({ subject: 'good', 'db.password': 'good' });
      const act = (config: Config): unknown => call(config, lab, source);
      return { layers: [source], harm: act, again: act, heal: () => source.set('subject', 'healed'), ...extra };
    },
  };
}

/** A remote source that has said something good, and says something bad. */
export function badFeed(name: string, words: Words, harm: (feed: Feed) => unknown, extra: Partial<Stage> = {}): Row {
  return {
    name,
    ...words,
    stage() {
      const feed = new Feed('subject');
      feed.full({ subject: 'good', kept: 'good' });
      return {
        layers: [feed],
        turns: 'subject',
        harm: () => harm(feed),
        again: () => harm(feed),
        heal: () => feed.full({ subject: 'healed', kept: 'good' }),
        ...extra,
      };
    },
  };
}
