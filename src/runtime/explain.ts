import type { ConfigError } from '../core/errors.js';
import type { Step } from '../core/interpolate.js';
import { mask, withoutUserinfo } from '../core/redact.js';
import type { Cascade } from './cascade.js';
import type { Layer } from './layer.js';

/** What one layer has to say of a key. */
export interface Holding {
  readonly layer: string;
  /** As it stands in the source; `***` for a secret. */
  readonly raw: string;
  readonly origin: string | undefined;
  /** Since when the layer holds this value. */
  readonly since: Date | undefined;
  /** Only of a layer that is out of touch with its source: since when. The source may have another value by now. */
  readonly staleSince?: Date;
}

/** Why a value is what it is. Everything in it may be shown: secrets are masked. */
export interface Explanation {
  readonly key: string;
  /** What `get()` gives; `***` for a secret, `undefined` when no layer has the key. */
  readonly value: string | undefined;
  readonly secret: boolean;
  readonly winner: Holding | undefined;
  /** What the winner hides, highest priority first. */
  readonly hidden: readonly Holding[];
  /** Layers above the winner that could not be read so far: they may have the key. */
  readonly unread: readonly string[];
  /** How each `${…}` in the value was filled. */
  readonly interpolation: readonly Step[];
  /** What is wrong with the value: references that lead nowhere, properties it does not parse for. */
  readonly errors: readonly ConfigError[];
  toString(): string;
}

/** Whether the value behind a key must not be shown: by its own name, or because it was filled from one that is. */
export type IsSecret = (key: string) => boolean;

export function explain(cascade: Cascade, key: string, isSecret: IsSecret): Explanation {
  const raw = cascade.raw(key);
  const filled = raw === undefined ? undefined : cascade.interpolation(key, raw);
  const secret = isSecretText(cascade, key, raw, isSecret);
  const holders = cascade.layers.filter((layer) => layer.lookup(key) !== undefined);
  const [winner, ...hidden] = holders.map((layer) => holding(layer, key, isSecretText(cascade, key, layer.lookup(key), isSecret)));
  const value = filled?.value ?? raw;
  const explanation = {
    key,
    value: value === undefined ? undefined : secret ? mask : withoutUserinfo(value),
    secret,
    winner,
    hidden,
    unread: unreadAbove(cascade, holders[0]),
    interpolation: (filled?.trail ?? []).map((step) => shown(step, secret)),
    errors: [...(filled?.problems ?? []), ...conversionErrors(cascade, key)],
  };
  return { ...explanation, toString: () => render(explanation) };
}

/** A text that mentions a secret may hold its default. */
export function isSecretText(cascade: Cascade, key: string, raw: string | undefined, isSecret: IsSecret): boolean {
  if (isSecret(key)) return true;
  const mentions = raw === undefined ? undefined : cascade.interpolation(key, raw)?.mentions;
  return [...(mentions ?? [])].some(isSecret);
}

function unreadAbove(cascade: Cascade, winner: Layer | undefined): string[] {
  const above = cascade.layers.filter((layer) => winner === undefined || layer.rank < winner.rank);
  return above.filter((layer) => !layer.hasReading && ['failed', 'loading'].includes(layer.state)).map((layer) => layer.name);
}

function holding(layer: Layer, key: string, secret: boolean): Holding {
  const since = layer.sinceOf(key);
  return {
    layer: layer.name,
    raw: secret ? mask : withoutUserinfo(layer.lookup(key) ?? ''),
    origin: layer.originOf(key),
    since: since === undefined ? undefined : new Date(since),
    ...(layer.state === 'stale' && { staleSince: new Date(layer.since) }),
  };
}

// One secret among the references makes every step a secret: which part of which text it filled cannot be told apart.
function shown(step: Step, secret: boolean): Step {
  if (!secret) return step.value === undefined ? step : { ...step, value: withoutUserinfo(step.value) };
  // A name that was filled itself, as in `${a${db.password}}`, holds what it was filled with.
  const { key, ...rest } = step;
  return { ...rest, ...(key !== undefined && { key: isPlain(step.expression) ? key : mask }), expression: withoutDefault(step.expression), value: step.value === undefined ? undefined : mask };
}

function isPlain(expression: string): boolean {
  return expression.lastIndexOf('${') === 0;
}

function withoutDefault(expression: string): string {
  return expression.replace(/^(\$\{(?:env:|sys:)?[^:}]*):.*$/s, '$1:…}');
}

function conversionErrors(cascade: Cascade, key: string): ConfigError[] {
  const errors: ConfigError[] = [];
  for (const property of cascade.slots.get(key)?.properties() ?? []) {
    if (property.error !== undefined) errors.push(property.error);
  }
  return errors;
}

function render(explanation: Omit<Explanation, 'toString'>): string {
  const { key, value, winner, hidden } = explanation;
  const unread = explanation.unread.map((layer) => `  ? ${layer} could not be read so far: it may have another value`);
  if (winner === undefined) return [`${key} is set nowhere`, ...unread].join('\n');
  const rows = [winner, ...hidden];
  const widest = (text: (row: Holding) => string): number => Math.max(...rows.map((row) => text(row).length));
  const [layers, values] = [widest((row) => row.layer), widest((row) => row.raw)];
  const origins = widest((row) => row.origin ?? '');
  const lines = rows.map((row, at) => {
    const lead = at === 0 ? '→' : ' ';
    return `  ${lead} ${row.layer.padEnd(layers)}  ${row.raw.padEnd(values)}  ${(row.origin ?? '').padEnd(origins)}${since(row)}`.trimEnd();
  });
  const steps = explanation.interpolation.map(
    (step) => `    ${'  '.repeat(step.depth)}${step.expression} = ${step.value ?? '(set nowhere)'}`,
  );
  const errors = explanation.errors.map((error) => `  ! ${error.message}`);
  return [`${key} = ${value ?? ''}`, ...lines, ...steps, ...unread, ...errors].join('\n');
}

function since(row: Holding): string {
  const stale = row.staleSince === undefined ? '' : `  stale since ${row.staleSince.toISOString()}`;
  return row.since === undefined ? stale : `  since ${row.since.toISOString()}${stale}`;
}
