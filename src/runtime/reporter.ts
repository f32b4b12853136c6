import { channel } from 'node:diagnostics_channel';
import type { ConfigError } from '../core/errors.js';
import type { Audience } from './audience.js';
import type { Report } from './listeners.js';

const errorChannel = channel('calumma:error');

// Past this many distinct messages the first ones are forgotten, so a stream of ever new errors cannot fill the memory.
const rememberedMessages = 1_000;

/** Says each distinct error once, as a process warning: the default of `onError`. */
export function warnOnce(emit: (text: string, options: { type: string; code: string }) => void = (text, options) => process.emitWarning(text, options)): Report {
  const said = new Set<string>();
  return (error) => {
    if (said.has(error.message)) return;
    if (said.size >= rememberedMessages) said.clear();
    said.add(error.message);
    emit(error.message, { type: 'CalummaWarning', code: error.code });
  };
}

/** Where all errors of one config go: its `onError`, its `on('error')` listeners, the diagnostics channel. */
export function reporter(audience: Audience, onError: (error: ConfigError) => unknown): Report {
  return (error) => {
    audience.tellError(error);
    if (errorChannel.hasSubscribers) errorChannel.publish(error);
    try {
      const result = onError(error);
      if (result instanceof Promise) result.catch(() => undefined);
    } catch {
      // onError is the end of the line: what it throws must not reach a reader or another listener
    }
  };
}
