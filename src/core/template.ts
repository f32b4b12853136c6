/** A text with its `${…}` found: literals and references in their order. */
export type Template = readonly TemplatePart[];
export type TemplatePart = string | Reference;

/** `${name}`, `${name:fallback}`, `${env:NAME:fallback}`, `${sys:name:fallback}`. */
export interface Reference {
  /** As written: `${b:1}`. */
  readonly source: string;
  readonly scheme: 'key' | 'env' | 'sys';
  readonly name: Template;
  readonly fallback: Template | undefined;
}

export interface ParsedTemplate {
  readonly parts: Template;
  /** What is wrong with the text, if anything: the part that is wrong stands in `parts` as a literal. */
  readonly problem: string | undefined;
}

/** References inside the names and defaults of references, and values inside values, go this deep and no deeper. */
export const maxDepth = 100;

/** Whether {@link parseTemplate} would find anything but one literal. */
export function mayInterpolate(raw: string): boolean {
  return raw.includes('${');
}

/** A reference whose `}` was not seen yet. */
interface OpenReference {
  readonly start: number;
  scheme: Reference['scheme'];
  name: TemplatePart[];
  fallback: TemplatePart[] | undefined;
  /** Braces inside that are text: each keeps one `}` from closing the reference. */
  literalBraces: number;
}

/** What one pass over a text has found so far. */
interface Scan {
  readonly text: string;
  readonly root: TemplatePart[];
  readonly open: OpenReference[];
}

/**
 * Finds the references of a text in one pass, without ever going back.
 *
 * `$${` is a literal `${`, and the `}` that belongs to it is literal too. The first `:` of a reference divides name and default;
 * braces in a default that are balanced belong to it, so `${limits:{"max":1}}` works. A `${` that is not closed leaves the text
 * from there on as it stands.
 *
 * @example parseTemplate('a ${b:c}').parts; // ['a ', { source: '${b:c}', scheme: 'key', name: ['b'], fallback: ['c'] }]
 */
export function parseTemplate(text: string): ParsedTemplate {
  const scan: Scan = { text, root: [], open: [] };
  for (let at = 0; at < text.length; ) {
    at = takeNext(scan, at);
    if (scan.open.length > maxDepth) return { parts: [text], problem: `references are nested more than ${maxDepth} levels deep` };
  }
  const unclosed = scan.open[0];
  if (unclosed === undefined) return { parts: scan.root, problem: undefined };
  append(scan.root, text.slice(unclosed.start));
  return { parts: scan.root, problem: `the \${ at character ${unclosed.start + 1} is not closed` };
}

/** A template as text for people: defaults are left out, because they are values and may be secrets. */
export function describeTemplate(template: Template): string {
  return template.map((part) => (typeof part === 'string' ? part : describeReference(part))).join('');
}

function describeReference(reference: Reference): string {
  return `\${${describeName(reference)}${reference.fallback === undefined ? '' : ':…'}}`;
}

export function describeName(reference: Reference): string {
  return `${reference.scheme === 'key' ? '' : `${reference.scheme}:`}${describeTemplate(reference.name)}`;
}

/** Takes in what stands at `at`; returns where the next thing stands. */
function takeNext(scan: Scan, at: number): number {
  const { text, open } = scan;
  const reference = open.at(-1);
  if (text.startsWith('$${', at)) {
    append(target(scan), '${');
    if (reference !== undefined) reference.literalBraces += 1;
    return at + 3;
  }
  if (text.startsWith('${', at)) {
    open.push({ start: at, scheme: 'key', name: [], fallback: undefined, literalBraces: 0 });
    return at + 2;
  }
  return reference === undefined ? takeLiteral(scan, at, /\$/g) : takeInside(scan, reference, at);
}

function takeInside(scan: Scan, reference: OpenReference, at: number): number {
  const char = scan.text[at];
  if (char === '}' && reference.literalBraces === 0) {
    closeReference(scan, reference, at + 1);
    return at + 1;
  }
  if (char === ':' && reference.fallback === undefined && reference.literalBraces === 0) {
    divide(reference);
    return at + 1;
  }
  if (char === '}') reference.literalBraces -= 1;
  if (char === '{' && reference.fallback !== undefined) reference.literalBraces += 1;
  return takeLiteral(scan, at, /[$:{}]/g);
}

/** The first `:` ends a scheme if there is one, otherwise the name. */
function divide(reference: OpenReference): void {
  const [head] = reference.name;
  if (reference.scheme === 'key' && reference.name.length === 1 && (head === 'env' || head === 'sys')) {
    reference.scheme = head;
    reference.name = [];
  } else {
    reference.fallback = [];
  }
}

function closeReference(scan: Scan, reference: OpenReference, end: number): void {
  const { start, scheme, name, fallback } = reference;
  scan.open.pop();
  target(scan).push({ source: scan.text.slice(start, end), scheme, name, fallback });
}

/** Takes the character at `at`, whatever it is, and all that follow up to the next one that may mean something. */
function takeLiteral(scan: Scan, at: number, special: RegExp): number {
  special.lastIndex = at + 1;
  const end = special.exec(scan.text)?.index ?? scan.text.length;
  append(target(scan), scan.text.slice(at, end));
  return end;
}

function target(scan: Scan): TemplatePart[] {
  const reference = scan.open.at(-1);
  return reference === undefined ? scan.root : (reference.fallback ?? reference.name);
}

function append(parts: TemplatePart[], text: string): void {
  const last = parts.at(-1);
  if (typeof last === 'string') parts[parts.length - 1] = last + text;
  else parts.push(text);
}
