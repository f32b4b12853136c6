import type { ConfigError } from './errors.js';
import { InterpolationError, MissingKeyError } from './errors.js';
import { describeName, mayInterpolate, maxDepth, parseTemplate } from './template.js';
import type { Reference, Template } from './template.js';

export { mayInterpolate };

/** Where references find their values. Nothing here may throw. */
export interface Scope {
  /** The raw value of another key. */
  lookup(key: string): string | undefined;
  /** `${env:NAME}`. */
  env(name: string): string | undefined;
  /** `${sys:hostname}`, `${sys:pid}`, `${sys:cwd}`. */
  sys(name: string): string | undefined;
  /** `${@environment}`, asked without the `@`; where it knows nothing, the property `@environment` is looked up. */
  context(name: string): string | undefined;
}

/** One reference that was followed, for `explain`. `value` may be a secret. */
export interface Step {
  /** As written: `${b:1}`. */
  readonly expression: string;
  /** The config key that was looked up, if one was. */
  readonly key?: string;
  /** `undefined`: it found nothing, and the text stays. */
  readonly value: string | undefined;
  readonly from: 'key' | 'env' | 'sys' | 'context' | 'default' | 'nothing';
  /** 1 for a reference in the value itself, 2 for one inside what that led to, and so on. */
  readonly depth: number;
}

export interface Interpolation {
  readonly value: string;
  /** Every config key that was looked up, present or not: while none of them changes, nor does `value`. */
  readonly mentions: ReadonlySet<string>;
  /** MissingKeyError and InterpolationError, each once. They name keys, never values. */
  readonly problems: readonly ConfigError[];
  /** References in the order they were followed, those inside after the one they stand in. */
  readonly trail: readonly Step[];
}

/** Characters that one value may grow to: an entity bomb ends here, and its text stays as it stands. */
export const maxLength = 1_048_576;

/** Characters put together on the way, which nested names could otherwise multiply without showing in the result. */
const maxWork = 16 * maxLength;

/** How a text came out: `gaps` when a reference was left standing, `circular` when one leads back to itself. */
interface Outcome {
  readonly text: string;
  readonly state: 'whole' | 'gaps' | 'circular';
}

/** What is known while one value is interpolated. */
interface Run {
  readonly scope: Scope;
  readonly mentions: Set<string>;
  readonly problems: Map<string, ConfigError>;
  readonly trail: Step[];
  /** Keys whose values are known: what two references share is evaluated once. */
  readonly known: Map<string, Outcome>;
  /** The keys whose values are being evaluated, outermost first. */
  readonly path: string[];
  work: number;
}

/**
 * Puts values in place of the `${…}` of a text.
 *
 * A value that is looked up is interpolated too; what comes out is never read again, so an escaped `$${x}` stays `${x}`.
 * What cannot be resolved stays as it is written and is a problem; a text that grows too deep or too long stays as a whole.
 *
 * @param key the key that the text is the value of
 * @example interpolate('a', '${b:1}', scope).value; // '1' if b is not set
 */
export function interpolate(key: string, raw: string, scope: Scope): Interpolation {
  const run: Run = { scope, mentions: new Set(), problems: new Map(), trail: [], known: new Map(), path: [key], work: 0 };
  return { value: evaluateRoot(run, raw), mentions: run.mentions, problems: [...run.problems.values()], trail: run.trail };
}

function evaluateRoot(run: Run, raw: string): string {
  if (!mayInterpolate(raw)) return raw;
  try {
    return evaluateText(run, raw, 1).text;
  } catch (error) {
    if (!(error instanceof InterpolationError)) throw error;
    report(run, error.message, () => error);
    return raw;
  }
}

function evaluateText(run: Run, raw: string, depth: number): Outcome {
  const { parts, problem } = parseTemplate(raw);
  if (problem !== undefined) report(run, `${owner(run)} ${problem}`, () => new InterpolationError(owner(run), problem));
  return evaluateTemplate(run, parts, depth);
}

function evaluateTemplate(run: Run, template: Template, depth: number): Outcome {
  let text = '';
  let state: Outcome['state'] = 'whole';
  for (const part of template) {
    const outcome: Outcome = typeof part === 'string' ? { text: part, state: 'whole' } : evaluateReference(run, part, depth);
    text += outcome.text;
    state = worse(state, outcome.state);
    // A template of one part hands its text on; only putting together costs.
    checkLength(run, text.length, template.length > 1 ? outcome.text.length : 0);
  }
  return { text, state };
}

function evaluateReference(run: Run, reference: Reference, depth: number): Outcome {
  if (depth > maxDepth) throw new InterpolationError(owner(run), `its references go more than ${maxDepth} levels deep`);
  const expression = reference.source;
  // Its place in the trail is before the steps that lead to its value.
  const place = run.trail.push({ expression, value: undefined, from: 'nothing', depth }) - 1;
  const { key, outcome, from } = resolve(run, reference, depth);
  const resolved = outcome !== undefined && outcome.state !== 'circular';
  const value = resolved ? outcome.text : undefined;
  run.trail[place] = { expression, ...(key === undefined ? {} : { key }), value, from, depth };
  return resolved ? outcome : { text: expression, state: outcome?.state ?? 'gaps' };
}

/** What a reference stands for; without `outcome` it stays as it is written. */
interface Found {
  readonly outcome: Outcome | undefined;
  readonly from: Step['from'];
  readonly key?: string;
}

function resolve(run: Run, reference: Reference, depth: number): Found {
  const name = evaluateTemplate(run, reference.name, depth + 1);
  if (name.state === 'circular') return { outcome: name, from: 'nothing' };
  // A name with a gap names nothing that could be looked up; the gap is reported already.
  const found: Found = name.state === 'gaps' ? { outcome: undefined, from: 'nothing' } : find(run, reference.scheme, name.text, depth);
  if (found.outcome !== undefined) return found;
  if (reference.fallback !== undefined) {
    return { ...found, outcome: evaluateTemplate(run, reference.fallback, depth + 1), from: 'default' };
  }
  const missing = describeName(reference);
  if (name.state === 'whole') report(run, `${owner(run)} ${missing}`, () => new MissingKeyError(owner(run), missing));
  return found;
}

function find(run: Run, scheme: Reference['scheme'], name: string, depth: number): Found {
  if (scheme !== 'key') return fromOutside(run.scope[scheme](name), scheme);
  if (name.startsWith('@')) {
    const found = fromOutside(run.scope.context(name.slice(1)), 'context');
    if (found.outcome !== undefined) return found;
  }
  const outcome = evaluateKey(run, name, depth);
  return { outcome, from: outcome === undefined ? 'nothing' : 'key', key: name };
}

/** What is not configuration is not written in its language: a `${` in the environment is the shell's. */
function fromOutside(value: string | undefined, from: Step['from']): Found {
  return value === undefined ? { outcome: undefined, from: 'nothing' } : { outcome: { text: value, state: 'whole' }, from };
}

function evaluateKey(run: Run, key: string, depth: number): Outcome | undefined {
  run.mentions.add(key);
  const known = run.known.get(key);
  if (known !== undefined) return known;
  if (run.path.includes(key)) return reportCircle(run, key);
  const raw = run.scope.lookup(key);
  if (raw === undefined) return undefined;
  run.path.push(key);
  const outcome: Outcome = mayInterpolate(raw) ? evaluateText(run, raw, depth + 1) : { text: raw, state: 'whole' };
  run.path.pop();
  run.known.set(key, outcome);
  return outcome;
}

function reportCircle(run: Run, key: string): Outcome {
  const circle = run.path.slice(run.path.indexOf(key));
  const shown = [...circle, key].join(' -> ');
  report(run, shown, () => new InterpolationError(key, `mentions itself: ${shown}`, { circle }));
  return { text: '', state: 'circular' };
}

/** The key in whose value the reference stands that is being followed. */
function owner(run: Run): string {
  return run.path.at(-1) ?? '';
}

/** Each problem once: an error is only made for the first. */
function report(run: Run, identity: string, problem: () => ConfigError): void {
  if (!run.problems.has(identity)) run.problems.set(identity, problem());
}

function worse(a: Outcome['state'], b: Outcome['state']): Outcome['state'] {
  if (a === 'circular' || b === 'circular') return 'circular';
  return a === 'gaps' ? a : b;
}

function checkLength(run: Run, length: number, added: number): void {
  run.work += added;
  if (length > maxLength) throw new InterpolationError(owner(run), `grows beyond ${maxLength} characters`);
  if (run.work > maxWork) throw new InterpolationError(owner(run), `puts together more than ${maxWork} characters`);
}
