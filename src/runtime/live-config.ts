import { checkString, wrongOption } from '../core/check.js';
import { ConfigError } from '../core/errors.js';
import type { Context, Memory, Snapshot, Source } from '../core/model.js';
import { mask, withoutUserinfo } from '../core/redact.js';
import type { ContextualValue, StandardSchema, ValueType, Widened } from '../core/types/index.js';
import type { Writable } from '../core/writable.js';
import type { ContextualProperty, DynamicProperty } from './api.js';
import { Audience, type ConfigEvents, type EventOptions, type KeyListener } from './audience.js';
import { entriesBelow } from './below.js';
import { bindSpecs, type Bound, BoundTree, type Specs } from './bind.js';
import { Cascade } from './cascade.js';
import { Config, type LayerPosition, type OverrideValue, type ReadyOptions, type Usage } from './config.js';
import { contextual } from './contextual.js';
import { previewedChanges, type PreviewedChange } from './changes.js';
import { explain, type Explanation, isSecretText } from './explain.js';
import { Follower, type FollowSetup, readLocal } from './follow.js';
import { checkGetter } from './getters.js';
import { keepWhileHeard, knownProperty, moveHandles, newProperty } from './handles.js';
import { health, type Health } from './health.js';
import { Layer } from './layer.js';
import type { Input, PropertyHost } from './live-property.js';
import { type ListenOptions, type Unsubscribe } from './listeners.js';
import { type CacheOptions, type ConfigOptions, expectDistinct, type LayerSpec, layerSetup, settingsOf } from './options.js';
import { outsideOf } from './outside.js';
import { Overrides } from './overrides.js';
import { contextLayer, overrideLayer } from './own-layers.js';
import { rankFor, unknownLayer } from './position.js';
import type { SlotProperty } from './property.js';
import { Publisher } from './publisher.js';
import { longestTimeout, untilReady } from './ready.js';
import { reporter, warnOnce } from './reporter.js';
import { isSchema } from './schema.js';
import type { Slot } from './slot.js';
import { usage } from './usage.js';
import { ConfigView } from './view.js';
import { layerAmong, previewed, type PreviewOptions, writableAmong, writablesAmong } from './writing.js';

/** What a config is given by whoever puts it together: the runtime knows no disk. */
export interface Parts extends Partial<Pick<FollowSetup, 'now' | 'random' | 'sleep'>> {
  /** The disk cache of a layer. */
  readonly memoryIn?: (folder: string, layer: string, options: CacheOptions) => Memory;
}

/** The one implementation of {@link Config}: puts the parts together, decides nothing itself. */
export class LiveConfig extends Config implements PropertyHost {
  override readonly context: Context;
  readonly #audience = new Audience();
  readonly #cascade: Cascade;
  readonly #slots: Map<string, Slot>;
  readonly #publisher: Publisher;
  readonly #overrides: Overrides;
  readonly #followers = new Map<string, Follower>();
  readonly #contextual = new Map<string, ContextualProperty<unknown>>();
  readonly #followSetup: FollowSetup;
  /** One for each name, also when a layer is taken out and another one comes in its place: two must not write one file. */
  readonly #memories = new Map<string, Memory>();
  readonly #redact: (key: string) => boolean;
  readonly report: (error: ConfigError) => void;
  #closed = false;

  constructor(options: ConfigOptions, { memoryIn, now = () => Date.now(), random = Math.random, sleep }: Parts = {}) {
    super();
    const settings = settingsOf(options, process.env);
    this.context = settings.context;
    this.#redact = settings.isSecret;
    this.report = reporter(this.#audience, settings.onError ?? warnOnce());
    this.#cascade = new Cascade(settings.interpolate ? outsideOf(this.context, process.env) : undefined);
    this.#slots = this.#cascade.slots;
    const { maxBytes, guards, cacheDir, cache } = settings;
    const memoryFor = cacheDir === undefined || memoryIn === undefined ? undefined : (layer: string) => this.#memoryOf(layer, () => memoryIn(cacheDir, layer, cache));
    this.#publisher = new Publisher({ cascade: this.#cascade, audience: this.#audience, maxBytes, guards, report: this.report, now });
    this.#followSetup = { publisher: this.#publisher, audience: this.#audience, report: this.report, context: this.context, maxBytes, now, random, memoryFor, ...(sleep && { sleep }) };
    const top = overrideLayer(now());
    const dimensions = contextLayer(this.context, now());
    this.#cascade.insert(top, 0);
    this.#cascade.insert(dimensions, 1);
    this.#overrides = new Overrides(top, this.#publisher);
    const followers = settings.layers.map((setup) => this.#insert(new Layer(setup, now()), this.#cascade.layers.length));
    readLocal(followers);
    for (const follower of followers) follower.follow();
  }

  override get version(): number {
    return this.#publisher.version;
  }

  override get layers(): readonly string[] {
    return this.#userLayers().map((layer) => layer.name);
  }

  override get(key: string): string | undefined {
    return this.#cascade.read(key);
  }

  override has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  override keys(prefix = ''): string[] {
    checkString('keys(prefix)', prefix);
    return [...this.#cascade.listed(prefix)];
  }

  override entries(prefix = ''): [string, string][] {
    return this.keys(prefix).map((key) => [key, this.#cascade.value(key) ?? '']);
  }

  override snapshot(): Snapshot {
    return this.#publisher.snapshot();
  }

  override async ready(options: ReadyOptions = {}): Promise<Config> {
    await untilReady([...this.#followers.values()], options);
    return this;
  }

  override async refresh(layer?: string): Promise<void> {
    const followers = layer === undefined ? [...this.#followers.values()] : [this.#follower(layer)];
    // Somebody awaits it, and nothing else of a remote layer keeps the process alive.
    const awake = setInterval(() => undefined, longestTimeout);
    try {
      await Promise.all(followers.map((follower) => follower.refresh()));
    } finally {
      clearInterval(awake);
    }
  }

  override async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#followers.values()].map((follower) => follower.close()));
    await Promise.all([...this.#memories.values()].map((memory) => memory.close()));
  }

  override view(prefix: string): Config {
    checkString('view(prefix)', prefix);
    return new ConfigView(this, prefix);
  }

  override bind<S extends Specs>(prefix: string, specs: S): Bound<S>;
  override bind<T extends object>(prefix: string, schema: StandardSchema<T>): Readonly<T>;
  override bind(prefix: string, shape: Specs | StandardSchema<object>): unknown {
    checkString('bind(prefix)', prefix);
    if (isSchema(shape)) return this.#publisher.bind(new BoundTree(prefix, shape, entriesBelow(this.#cascade, prefix))).facade();
    if (typeof shape !== 'object' || (shape as unknown) === null) throw wrongOption('bind', 'specs such as { rate: int(100) }, or a schema', shape);
    return bindSpecs((name, type, defaultValue) => this.typed(name, type, defaultValue), prefix, shape);
  }

  override getContextualProperty<T extends ContextualValue>(name: string, defaultValue: T): ContextualProperty<Widened<T>> {
    if (!['string', 'number', 'boolean'].includes(typeof defaultValue)) {
      throw wrongOption(`getContextualProperty(${JSON.stringify(name)})`, 'a string, number or boolean as default', defaultValue);
    }
    const key = JSON.stringify([name, typeof defaultValue, String(defaultValue)]);
    let property = this.#contextual.get(key);
    if (property === undefined) {
      property = contextual((type, fallback) => this.typed(name, type, fallback as never), this.context, defaultValue);
      this.#contextual.set(key, property);
    }
    return property as ContextualProperty<Widened<T>>;
  }

  override override(key: string, value: OverrideValue): void {
    this.#open();
    checkString('override(key)', key);
    this.#overrides.set({ [key]: value }, this.report);
  }

  override clearOverride(key: string): void {
    this.#open();
    checkString('clearOverride(key)', key);
    this.#overrides.clear([key]);
  }

  override overrides(): Record<string, string> {
    return this.#overrides.all();
  }

  override withOverrides<T>(record: Readonly<Record<string, OverrideValue>>, fn: () => T): T {
    this.#open();
    if (typeof fn !== 'function') throw wrongOption('withOverrides', 'a function', fn);
    // What a listener sets is published after it has returned: fn would run without its overrides.
    if (this.#publisher.isBusy) throw wrongOption('withOverrides', 'to be called outside of listeners', 'a call inside one');
    return this.#overrides.during(record, fn, this.report);
  }

  override addLayer(source: Source | LayerSpec, position: LayerPosition = 'bottom'): void {
    this.#open();
    const setup = layerSetup(source, 'addLayer');
    expectDistinct([...this.layers, setup.name]);
    const layers = this.#userLayers();
    const index = rankFor(layers.map((layer) => layer.name), position);
    // Counted from its neighbour: our own layers, and those whose removal still waits for its turn, are in the cascade too.
    const follower = this.#insert(new Layer(setup, Date.now()), layers[index]?.rank ?? this.#cascade.layers.length);
    follower.readFirst();
    follower.follow();
  }

  override removeLayer(name: string): void {
    this.#open();
    const follower = this.#follower(name);
    void follower.close();
    this.#followers.delete(name);
    this.#publisher.retire(follower.layer);
  }

  override get writables(): readonly string[] {
    return writablesAmong(this.#userLayers()).map((layer) => layer.name);
  }

  override writable(layer?: string): Writable {
    return writableAmong(this.#userLayers(), layer).source as Source & Writable;
  }

  override preview(options: PreviewOptions): PreviewedChange[] {
    const reading = previewed(options);
    const layers = this.#userLayers();
    const layer = options.layer === undefined ? writableAmong(layers) : layerAmong(layers, options.layer);
    return previewedChanges(this.#publisher.preview(layer, reading), layer, (key) => this.isSecret(key));
  }

  override explain(key: string): Explanation {
    checkString('explain(key)', key);
    return explain(this.#cascade, key, (one) => this.isSecret(one));
  }

  override masked(key: string): string | undefined {
    checkString('masked(key)', key);
    const value = this.#cascade.value(key);
    if (value === undefined) return undefined;
    return this.isSecret(key) ? mask : withoutUserinfo(value);
  }

  override shown(key: string, text: string): string {
    checkString('shown(key)', key);
    checkString('shown(text)', text);
    return isSecretText(this.#cascade, key, text, (one) => this.isSecret(one)) ? mask : withoutUserinfo(text);
  }

  override usage(): Usage {
    return usage(this.#cascade);
  }

  override health(): Health {
    return health(this.#userLayers(), Date.now());
  }

  override on<E extends keyof ConfigEvents>(event: E, listener: (value: ConfigEvents[E]) => unknown, options?: EventOptions): Unsubscribe {
    return this.#audience.on(event, listener, options);
  }

  override onChange(pattern: string, listener: KeyListener, options?: ListenOptions): Unsubscribe {
    checkString('onChange(pattern)', pattern);
    return this.#audience.onChange(pattern, listener, options);
  }

  /** A value filled from a secret is one too, whatever its own key is called. */
  isSecret(key: string): boolean {
    if (this.#redact(key)) return true;
    for (const mentioned of this.#cascade.references.mentionsOf(key)) if (this.#redact(mentioned)) return true;
    return false;
  }

  originOf(key: string): string | undefined {
    return this.#cascade.holder(key)?.originOf(key);
  }

  round(move: Parameters<PropertyHost['round']>[0]): void {
    this.#publisher.round(move);
  }

  heard(property: Input): void {
    keepWhileHeard(this.#cascade.slotFor(property.name), property as unknown as SlotProperty<unknown>);
  }

  /** Moves every property handed out here to `other`, listeners included: the default instance was replaced. */
  moveTo(other: LiveConfig): void {
    other.round((round) => {
      for (const slot of this.#slots.values()) {
        if (slot.isFollowed) moveHandles(slot, other.#cascade.slotFor(slot.key), other, round);
      }
    });
  }

  /** The property behind every getter, for views too. */
  propertyOf<T>(name: string, type: ValueType<T>, defaultValue: T): DynamicProperty<T> {
    return this.typed(name, type, defaultValue);
  }

  protected override typed<T>(name: string, type: ValueType<T>, defaultValue: T): DynamicProperty<T> {
    const slot = this.#slots.get(name);
    const known = slot === undefined ? undefined : knownProperty(slot, type, defaultValue);
    if (slot === undefined || known === undefined) return this.#newProperty(name, type, defaultValue);
    if (slot.asked === 'not') slot.asked = 'property';
    return known;
  }

  #newProperty<T>(name: string, type: ValueType<T>, defaultValue: T): DynamicProperty<T> {
    checkGetter(name, type, defaultValue);
    const slot = this.#cascade.slotFor(name);
    if (slot.asked === 'not') slot.asked = 'property';
    return newProperty(slot, type, defaultValue, this);
  }

  #insert(layer: Layer, rank: number): Follower {
    this.#cascade.insert(layer, rank);
    const follower = new Follower(layer, this.#followSetup);
    this.#followers.set(layer.name, follower);
    return follower;
  }

  #memoryOf(layer: string, make: () => Memory): Memory {
    const memory = this.#memories.get(layer) ?? make();
    this.#memories.set(layer, memory);
    return memory;
  }

  #follower(name: string): Follower {
    const follower = this.#followers.get(name);
    if (follower !== undefined) return follower;
    throw unknownLayer(this.layers, name);
  }

  #userLayers(): Layer[] {
    return this.#cascade.layers.filter((layer) => this.#followers.get(layer.name)?.layer === layer);
  }

  #open(): void {
    if (this.#closed) throw new ConfigError('CALUMMA_CLOSED', 'the config is closed: it can be read, not changed');
  }
}
