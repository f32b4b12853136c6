import { checkString } from '../core/check.js';
import type { Change, ChangeSet, Context, Snapshot, Source } from '../core/model.js';
import { isUnder, join, strip } from '../core/prefix.js';
import type { ContextualValue, StandardSchema, ValueType, Widened } from '../core/types/index.js';
import type { Writable } from '../core/writable.js';
import type { ContextualProperty, DynamicProperty } from './api.js';
import type { ConfigEvents, EventOptions, KeyListener } from './audience.js';
import type { Bound, Specs } from './bind.js';
import { Config, type LayerPosition, type OverrideValue, type ReadyOptions, type Usage } from './config.js';
import type { PreviewedChange } from './changes.js';
import type { Explanation } from './explain.js';
import type { Health } from './health.js';
import { checkListening, type ListenOptions, type Unsubscribe } from './listeners.js';
import type { LayerSpec } from './options.js';
import { checkRecord } from './overrides.js';
import { belowPrefix, type PreviewOptions, storeBelow } from './writing.js';

/** The config that a view looks into. */
export interface Whole extends Config {
  propertyOf<T>(name: string, type: ValueType<T>, defaultValue: T): DynamicProperty<T>;
}

/** A config seen from below a prefix. Holds nothing of its own: keys gain the prefix on the way in and lose it on the way out. */
export class ConfigView extends Config {
  readonly #whole: Whole;
  readonly #prefix: string;

  constructor(whole: Whole, prefix: string) {
    super();
    this.#whole = whole;
    this.#prefix = prefix;
  }

  override get context(): Context {
    return this.#whole.context;
  }

  override get version(): number {
    return this.#whole.version;
  }

  override get layers(): readonly string[] {
    return this.#whole.layers;
  }

  override get(key: string): string | undefined {
    return this.#whole.get(this.#full(key));
  }

  override has(key: string): boolean {
    return this.#whole.has(this.#full(key));
  }

  override keys(prefix = ''): string[] {
    return below(this.#whole.keys(this.#full(prefix)), this.#prefix);
  }

  override entries(prefix = ''): [string, string][] {
    const entries = this.#whole.entries(this.#full(prefix)).filter(([key]) => isUnder(key, this.#prefix));
    return entries.map(([key, value]) => [strip(key, this.#prefix), value]);
  }

  override snapshot(): Snapshot {
    return snapshotBelow(this.#whole.snapshot(), this.#prefix);
  }

  override async ready(options?: ReadyOptions): Promise<Config> {
    await this.#whole.ready(options);
    return this;
  }

  override refresh(layer?: string): Promise<void> {
    return this.#whole.refresh(layer);
  }

  /** Closes the whole config: a view has nothing of its own to close. */
  override close(): Promise<void> {
    return this.#whole.close();
  }

  override view(prefix: string): Config {
    checkString('view(prefix)', prefix);
    return new ConfigView(this.#whole, this.#full(prefix));
  }

  override bind<S extends Specs>(prefix: string, specs: S): Bound<S>;
  override bind<T extends object>(prefix: string, schema: StandardSchema<T>): Readonly<T>;
  override bind(prefix: string, shape: never): unknown {
    return this.#whole.bind(this.#full(prefix), shape);
  }

  override getContextualProperty<T extends ContextualValue>(name: string, defaultValue: T): ContextualProperty<Widened<T>> {
    return this.#whole.getContextualProperty(this.#full(name), defaultValue);
  }

  override override(key: string, value: OverrideValue): void {
    this.#whole.override(this.#full(key), value);
  }

  override clearOverride(key: string): void {
    this.#whole.clearOverride(this.#full(key));
  }

  override overrides(): Record<string, string> {
    const inside = Object.entries(this.#whole.overrides()).filter(([key]) => isUnder(key, this.#prefix));
    return Object.fromEntries(inside.map(([key, value]) => [strip(key, this.#prefix), value]));
  }

  override withOverrides<T>(record: Readonly<Record<string, OverrideValue>>, fn: () => T): T {
    checkRecord(record);
    return this.#whole.withOverrides(Object.fromEntries(Object.entries(record).map(([key, value]) => [this.#full(key), value])), fn);
  }

  override addLayer(source: Source | LayerSpec, position?: LayerPosition): void {
    this.#whole.addLayer(source, position);
  }

  override removeLayer(name: string): void {
    this.#whole.removeLayer(name);
  }

  override get writables(): readonly string[] {
    return this.#whole.writables;
  }

  override writable(layer?: string): Writable {
    const own = (key: string): boolean => isUnder(key, this.#prefix);
    return storeBelow(this.#whole.writable(layer), { full: (key) => this.#full(key), own, short: (key) => strip(key, this.#prefix) });
  }

  /** Guards and values see the whole; the changes are those in the view. */
  override preview(options: PreviewOptions): PreviewedChange[] {
    const changes = this.#whole.preview(belowPrefix(options, (key) => this.#full(key)));
    return changes.filter((change) => isUnder(change.key, this.#prefix)).map((change) => ({ ...renamed(change, this.#prefix), secret: change.secret }));
  }

  override shown(key: string, text: string): string {
    return this.#whole.shown(this.#full(key), text);
  }

  override explain(key: string): Explanation {
    return this.#whole.explain(this.#full(key));
  }

  override masked(key: string): string | undefined {
    return this.#whole.masked(this.#full(key));
  }

  override usage(): Usage {
    const { read, missing, unused } = this.#whole.usage();
    return { read: below(read, this.#prefix), missing: below(missing, this.#prefix), unused: below(unused, this.#prefix) };
  }

  override health(): Health {
    return this.#whole.health();
  }

  override on<E extends keyof ConfigEvents>(event: E, listener: (value: ConfigEvents[E]) => unknown, options: EventOptions = {}): Unsubscribe {
    if (event !== 'change') return this.#whole.on(event, listener, options);
    checkListening(listener, options, "on('change')");
    const heard = (set: ChangeSet): unknown => {
      const inside = this.#inside(set);
      // The key that is spelled like the prefix itself is not in the view.
      return inside.changes.length === 0 ? undefined : (listener as (set: ChangeSet) => unknown)(inside);
    };
    return this.#whole.on('change', heard, { ...options, prefix: this.#full(options.prefix ?? '') });
  }

  override onChange(pattern: string, listener: KeyListener, options: ListenOptions = {}): Unsubscribe {
    checkListening(listener, options, `onChange('${pattern}')`);
    return this.#whole.onChange(this.#full(pattern), (change, set) => listener(renamed(change, this.#prefix), this.#inside(set)), options);
  }

  protected override typed<T>(name: string, type: ValueType<T>, defaultValue: T): DynamicProperty<T> {
    return this.#whole.propertyOf(this.#full(name), type, defaultValue);
  }

  // What is no string goes on as it is: the whole config says what is wrong with it.
  #full(name: string): string {
    return typeof name === 'string' ? join(this.#prefix, name) : name;
  }

  #inside(set: ChangeSet): ChangeSet {
    const changes = set.changes.filter((change) => isUnder(change.key, this.#prefix));
    return { ...set, changes: changes.map((change) => renamed(change, this.#prefix)) };
  }
}

function below(keys: readonly string[], prefix: string): string[] {
  return keys.filter((key) => isUnder(key, prefix)).map((key) => strip(key, prefix));
}

/** The same change under its name in the view. Origins stay lazy: they are asked of the change itself. */
function renamed(change: Change, prefix: string): Change {
  return {
    key: strip(change.key, prefix),
    before: change.before,
    after: change.after,
    layer: change.layer,
    get origin() {
      return change.origin;
    },
    get originBefore() {
      return change.originBefore;
    },
  };
}

function snapshotBelow(whole: Snapshot, prefix: string): Snapshot {
  const keys = (inner = ''): string[] => below(whole.keys(join(prefix, inner)), prefix);
  return {
    version: whole.version,
    get size() {
      return keys().length;
    },
    get: (key) => whole.get(join(prefix, key)),
    has: (key) => whole.has(join(prefix, key)),
    keys,
    entries: (inner) => keys(inner).map((key) => [key, whole.get(join(prefix, key)) ?? '']),
  };
}
