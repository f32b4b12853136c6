import type { View, ViewFormat } from './view.js';

/** The body of a view in a format, worked out once for each publish. For `json` its values only: see `config.ts`. */
export function bodyOf(view: View, format: ViewFormat): Buffer {
  return view.body(format, () => Buffer.from(valuesJson(view)));
}

// Put together by hand: `__proto__` is a key like any other, and an object would also put numeric keys first.
function valuesJson(view: View): string {
  const pairs = view.entries().map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  const masked = view.masked();
  return `"values":{${pairs.join(',')}}${masked.length === 0 ? '' : `,"masked":${JSON.stringify(masked)}`}}`;
}
