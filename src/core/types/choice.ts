import { refusal, same, typeSpec } from './builder.js';
import type { TypeSpec } from './builder.js';
import type { ValueType } from './type.js';

/** One of a few texts, written exactly so; blanks around it do not matter. */
export function enumType<const A extends string>(allowed: readonly A[]): ValueType<A> {
  const choices: ReadonlySet<string> = new Set(allowed);
  const names = allowed.map((choice) => JSON.stringify(choice));
  const expected = `one of ${names.join(', ')}`;
  const isAllowed = (text: string): text is A => choices.has(text);
  const parse = (text: string): A => {
    const trimmed = text.trim();
    if (isAllowed(text)) return text;
    if (isAllowed(trimmed)) return trimmed;
    throw refusal(expected);
  };
  return { id: `enum<${names.join('|')}>`, expected, parse, equals: same<A> };
}

/**
 * One of a few texts, as `bind` takes it.
 *
 * @param defaultValue Default: `undefined`.
 * @example oneOf(['round-robin', 'random'], 'random');
 */
export function oneOf<const A extends string>(allowed: readonly A[]): TypeSpec<A, A | undefined>;
export function oneOf<const A extends string>(allowed: readonly A[], defaultValue: NoInfer<A>): TypeSpec<A>;
export function oneOf<const A extends string>(allowed: readonly A[], defaultValue?: A): TypeSpec<A, A | undefined> {
  return typeSpec<A, A | undefined>(enumType(allowed), defaultValue);
}
