import { argumentError } from './errors.js';

/** What was found where something else was expected: its kind, never its content, which may be a secret. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return Array.isArray(value) ? 'an array' : typeof value === 'object' ? 'an object' : `a value of type ${typeof value}`;
}

const common = ['signal', 'background'] as const;

/** What each call takes besides. */
const optionsOf = {
  connect: [],
  create: ['mode', 'sequential', 'ttlMs', 'acl'],
  ensurePath: ['acl'],
  delete: ['version'],
  exists: ['watch'],
  getData: ['watch'],
  setData: ['version'],
  getChildren: ['watch'],
  getAllChildrenNumber: [],
  sync: [],
  multi: [],
  multiRead: ['views'],
  getAcl: [],
  setAcl: ['version'],
  addAuth: [],
  addWatch: ['recursive'],
  removeWatches: ['kind'],
  close: [],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type CallName = keyof typeof optionsOf;

const flags = ['background', 'sequential', 'views', 'recursive'];

/**
 * Refuses options that are none, misspelled ones, and those that would only fail later, when nobody sees why.
 *
 * @throws ZooKeeperError `BADARGUMENTS`
 */
export function checkCall(operation: CallName, options: object): void {
  checkKeys(operation, 'options', options, [...optionsOf[operation], ...common]);
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    if (value === undefined) continue;
    if (name === 'signal') checkSignal(operation, value);
    if (name === 'watch') checkListener(operation, value);
    if (flags.includes(name)) checkFlag(operation, name, value);
  }
}

/** Of something that is to hear: `on`, `follow`. */
export function checkListening(operation: string, listener: unknown, options: object, known: readonly string[] = []): void {
  checkListener(operation, listener);
  checkKeys(operation, 'options', options, ['signal', ...known]);
  checkSignal(operation, (options as { readonly signal?: unknown }).signal);
}

export function checkListener(operation: string, listener: unknown): void {
  if (typeof listener !== 'function') throw argumentError(operation, `expected a function as listener, found ${kindOf(listener)}`);
}

export function checkKeys(operation: string, what: string, value: unknown, known: readonly string[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw argumentError(operation, `expected ${what} as an object with ${known.join(', ')}, found ${kindOf(value)}`);
  }
  const stranger = Object.keys(value).find((key) => !known.includes(key));
  if (stranger !== undefined) throw argumentError(operation, `expected ${what} with ${known.join(', ')}, found ${JSON.stringify(stranger)}`);
}

export function checkFlag(operation: string, name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean') throw argumentError(operation, `expected ${name} to be true or false, found ${kindOf(value)}`);
}

export function checkList(operation: string, what: string, value: unknown): void {
  if (!Array.isArray(value) || value.length === 0) throw argumentError(operation, `expected ${what}, at least one, in an array, found ${Array.isArray(value) ? 'none' : kindOf(value)}`);
}

function checkSignal(operation: string, signal: unknown): void {
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw argumentError(operation, `expected an AbortSignal, found ${kindOf(signal)}`);
}
