import { checkFunction } from '../check.js';
import { deepEqual } from '../equal.js';
import { isStray } from '../promise.js';
import { refusal } from './builder.js';
import { identityOf } from './identity.js';
import { string } from './scalars.js';
import type { ElementParser, ValueType } from './type.js';

const expected = 'a value that its parser accepts';

/**
 * Turns a function into a type. Values are the same when their content is; see `deepEqual`.
 *
 * `NaN` and an invalid Date are refused: with them `Number` and `new Date` say that a text is none.
 */
export function customType<T>(parse: (text: string) => T): ValueType<T> {
  return {
    id: `custom#${identityOf(parse)}`,
    expected,
    parse: (text) => {
      const value = parse(text);
      if (isStray(value)) throw refusal(expected, 'it is asynchronous, and values are read without waiting');
      const asNumber: unknown = value instanceof Date ? value.getTime() : value;
      if (Number.isNaN(asNumber)) throw refusal(expected);
      return value;
    },
    equals: deepEqual,
  };
}

/** The type of the elements of a list, set or map. Default: string. */
export function elementType<T = string>(parser: ElementParser<T> | undefined): ValueType<T> {
  // Only a caller that asks for strings leaves the parser out.
  if (parser === undefined) return string as unknown as ValueType<T>;
  if (isValueType(parser)) return parser;
  checkFunction('the parser of the elements', parser);
  return customType(parser);
}

/** Type builders are functions too, so what tells them apart is that they parse. */
function isValueType<T>(parser: ElementParser<T>): parser is ValueType<T> {
  if (typeof parser !== 'function' && typeof parser !== 'object') return false;
  return 'parse' in parser && 'equals' in parser && typeof parser.parse === 'function' && typeof parser.equals === 'function';
}
