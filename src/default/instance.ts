import { ConfigError } from '../core/errors.js';
import type { Config } from '../runtime/config.js';
import { LiveConfig } from '../runtime/live-config.js';
import { endWith, type Unsubscribe } from '../runtime/listeners.js';
import type { ConfigOptions } from '../runtime/options.js';
import { liveConfig } from './create.js';
import { standardOptions } from './standard.js';

/** A subscription made through the module-level functions: it goes along when the default config is replaced. */
interface Subscription {
  readonly subscribe: (config: Config) => Unsubscribe;
  end: Unsubscribe;
}

interface State {
  config: LiveConfig | undefined;
  /** We made it, so we close it. */
  own: boolean;
  readonly subscriptions: Set<Subscription>;
}

const key = Symbol.for('calumma.default');

// On globalThis, so that two copies of this package in one process share one default config.
function state(): State {
  const holder = globalThis as { [key]?: State | undefined };
  return (holder[key] ??= { config: undefined, own: false, subscriptions: new Set() });
}

/**
 * The config behind the module-level functions. Untouched, it is made on first use, synchronously: overrides, then
 * `args()`, `env()`, and `files('application')` in `$CALUMMA_CONFIG_DIR`, `./config` and `.`; or, if `$CALUMMA_CONFIG`
 * or `./calumma.yaml` exists, the layers that stand there.
 */
export function defaultConfig(): Config {
  const held = state();
  return held.config ?? replace(held, liveConfig(standardOptions(process.env)), true);
}

/**
 * Sets the default config. Properties handed out earlier, and listeners added through the module-level functions, move
 * over; those whose value differs there are told.
 *
 * @throws ConfigError `CALUMMA_OPTION`, `CALUMMA_DUPLICATE_LAYER`; then the old one stays
 * @example configure({ layers: [env(), files('config/application')] });
 */
export function configure(config: ConfigOptions | Config): Config {
  if (config instanceof LiveConfig) return replace(state(), config, false);
  // What is no object is refused below, as createConfig refuses it.
  if (typeof (config as Partial<Config> | null | undefined)?.get === 'function') {
    throw new ConfigError('CALUMMA_OPTION', 'configure: expected options, or a Config made by createConfig, found a view or another kind of Config');
  }
  return replace(state(), liveConfig(config as ConfigOptions), true);
}

/** Forgets the default config and everything that listens to it, so that the next use makes a new one: for tests. */
export async function resetDefaultConfig(): Promise<void> {
  const held = state();
  const { config, own } = held;
  for (const subscription of held.subscriptions) subscription.end();
  held.subscriptions.clear();
  held.config = undefined;
  if (own) await config?.close();
}

/** Subscribes to the default config, whichever it is in the course of time. */
export function subscribeToDefault(subscribe: (config: Config) => Unsubscribe, signal?: AbortSignal): Unsubscribe {
  const subscription: Subscription = { subscribe, end: subscribe(defaultConfig()) };
  const { subscriptions } = state();
  subscriptions.add(subscription);
  return endWith(signal, () => {
    subscriptions.delete(subscription);
    subscription.end();
  });
}

function replace(held: State, config: LiveConfig, own: boolean): Config {
  const before = { config: held.config, own: held.own };
  if (before.config === config) return config;
  held.config = config;
  held.own = own;
  for (const subscription of held.subscriptions) {
    subscription.end();
    subscription.end = subscription.subscribe(config);
  }
  before.config?.moveTo(config);
  if (before.own) void before.config?.close();
  return config;
}
