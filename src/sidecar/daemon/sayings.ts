import type { Config, ConfigError, StateChange, Unsubscribe } from '../../index.js';
import type { OutputEvent } from '../outputs/status.js';
import type { Log } from './log.js';

/** Says when a layer of a config comes into another state; why is said as an error. */
export function sayStates(name: string, config: Config, log: Log, onLive: () => void): Unsubscribe {
  return config.on('state', ({ layer, state, before }: StateChange) => {
    log({ event: 'layer', level: state === 'live' ? 'info' : 'warn', config: name, layer, state, before }, `${name}/${layer}: ${before} → ${state}`);
    if (state === 'live') onLive();
  });
}

const mostRemembered = 1_000;

/** Says each distinct error of a config once, until a layer of it is well again: a dead server is asked every few seconds. */
export class Errors {
  readonly #name: string;
  readonly #log: Log;
  readonly #said = new Set<string>();

  constructor(name: string, log: Log) {
    this.#name = name;
    this.#log = log;
  }

  say({ code, message }: ConfigError): void {
    if (this.#said.has(message)) return;
    if (this.#said.size >= mostRemembered) this.#said.clear();
    this.#said.add(message);
    this.#log({ event: 'error', level: 'warn', config: this.#name, code }, `${this.#name}: ${message} (${code})`);
  }

  forget(): void {
    this.#said.clear();
  }
}

export function sayOutput(event: OutputEvent, log: Log): void {
  const { to } = event;
  switch (event.kind) {
    case 'written':
      return log({ event: 'output', to, version: event.version, keys: event.keys, ms: event.ms }, `${to}: ${event.keys} keys written in ${event.ms} ms, ${event.version}`);
    case 'told':
      return log({ event: 'output-reload', to }, `${to}: reloaded`);
    case 'secrets':
      return log({ event: 'output-secrets', level: 'warn', to, keys: event.keys }, `${to}: without the secrets ${someOf(event.keys)}; reveal: true writes them`);
    case 'waiting':
      return log({ event: 'output-waiting', level: 'warn', to, layers: event.layers }, `${to}: stays as it is until ${event.layers.join(', ')} has been heard of`);
    case 'failed':
      return log({ event: 'output-failed', level: 'error', to, code: event.error.code }, `${event.error.message} (${event.error.code})`);
  }
}

function someOf(keys: readonly string[]): string {
  const shown = keys.slice(0, 10).join(', ');
  return keys.length > 10 ? `${shown} and ${keys.length - 10} more` : shown;
}
