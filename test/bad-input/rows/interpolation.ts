import { type Config, memory } from '../../../src/index.js';
import { type Row, secret } from '../row.js';
import type { Words } from '../stages.js';

/** Texts whose references cannot be filled in: published as they stand, reported once, the bystanders stay. */
function unfilled(name: string, words: Omit<Words, 'moves'>, record: Readonly<Record<string, string>>, check: (config: Config) => unknown = () => undefined): Row {
  return {
    name,
    ...words,
    moves: 'others',
    stage() {
      const source = memory({ subject: 'good' });
      return {
        layers: [source],
        harm(config) {
          source.replace({ subject: 'good', ...record });
          check(config);
        },
        heal: () => source.replace({ subject: 'healed' }),
      };
    },
  };
}

const circle = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`k${i}`, `\${k${(i + 1) % 50}}`]));
const chain = Object.fromEntries([...Array.from({ length: 100 }, (_, i) => [`k${i}`, `\${k${i + 1}}`] as const), ['k100', secret] as const]);
const laughs = Object.fromEntries([...Array.from({ length: 4 }, (_, i) => [`l${i}`, `\${l${i + 1}}`.repeat(10)] as const), ['l4', 'ha'.repeat(10)] as const]);

const interpolation = (...says: string[]): Words => ({ code: 'CALUMMA_INTERPOLATION', says });
const missing = (...says: string[]): Words => ({ code: 'CALUMMA_MISSING_KEY', says });

function expectValue(config: Config, key: string, value: string): void {
  if (config.get(key) !== value) throw new Error(`${key} is ${String(config.get(key))}`);
}

const one: readonly Row[] = [
  unfilled('a value that mentions itself', interpolation('a: mentions itself: a -> a'), { a: '${a}' }, (c) => expectValue(c, 'a', '${a}')),
  unfilled('a value that mentions a key set nowhere', missing('a: mentions ${nobody}, which is set nowhere'), { a: 'x${nobody}y' }, (c) => expectValue(c, 'a', 'x${nobody}y')),
  unfilled('a value that mentions a variable set nowhere', missing('a: mentions ${env:CALUMMA_NOBODY}'), { a: '${env:CALUMMA_NOBODY}' }),
  unfilled('a value that mentions what the system does not know', missing('a: mentions ${sys:password}'), { a: '${sys:password}' }),
  unfilled('a value that mentions a context set nowhere', missing('a: mentions ${@planet}'), { a: '${@planet}' }),
  unfilled('a value that mentions __proto__', missing('a: mentions ${__proto__}'), { a: '${__proto__}' }),
  unfilled('a reference that is not closed', interpolation('a: the ${ at character 4 is not closed'), { a: 'xyz${b' }, (c) => expectValue(c, 'a', 'xyz${b')),
  unfilled('100 kB of open references', interpolation('a: references are nested more than 100 levels deep'), { a: '${'.repeat(50_000) }),
  unfilled('a name that is made of what is missing', missing('a: mentions ${inner}'), { a: '${outer.${inner}}' }),
  unfilled('a secret beside a gap', missing('db.password: mentions ${nobody}'), { 'db.password': `${secret}\${nobody}` }),
  unfilled('a default that holds a secret and is not closed', interpolation('a: the ${ at character 1 is not closed'), { a: `\${db.password:${secret}` }),
];

/** Closed by its last key; the others are well until then. */
function closing(name: string, words: Words, record: Readonly<Record<string, string>>, last: readonly [string, string]): Row {
  return {
    name,
    ...words,
    moves: 'others',
    stage() {
      const source = memory({ subject: 'good', ...record });
      return { layers: [source], harm: () => source.set(...last), heal: () => source.replace({ subject: 'healed' }) };
    },
  };
}

const bombs: readonly Row[] = [
  closing('two values that mention each other', interpolation('mentions itself: ', ' -> '), { a: '${b}', b: 'x' }, ['b', '${a}']),
  closing('fifty values that mention each other in a circle', interpolation('mentions itself: ', 'k48 -> k49'), { ...circle, k49: 'x' }, ['k49', '${k0}']),
  closing('a chain of more than a hundred mentions', interpolation('levels deep'), chain, ['start', '${k0}']),
  closing('a billion laughs', interpolation('grows beyond 1048576 characters'), laughs, ['start', '${l0}'.repeat(10)]),
];

export const interpolationRows: readonly Row[] = [...one, ...bombs];
