import { type Source, type SourceHost, standaloneHost } from '../../core/model.js';
import type { UrlState } from './follow.js';
import { Mirrors } from './mirrors.js';
import { specOf, type UrlOptions } from './options.js';
import { Told } from './told.js';

export type { HeaderValues, UrlHeaders } from './headers.js';
export type { UrlOptions } from './options.js';
export type { UrlTls } from './tls.js';

/**
 * An address, asked again and again; there is a reading whenever its content changed.
 *
 * The format is the one that `format` names, else that of the media type, else that of the extension. An HTML page is no
 * configuration. What is new is told by ETag, Last-Modified and the content itself: the validators travel in the
 * reading's `version`, so a content that was refused is asked for again, and after a restart what the disk cache
 * remembers is confirmed with a 304. `.properties` that changed are compared line by line, as with `file()`.
 *
 * Several addresses are mirrors of one content: the first that answers well counts. One that failed is asked last for a
 * minute, then again in its place. What does not answer, or cannot be used, is reported; the last reading stays.
 *
 * Origins read `url:https://host/app.yaml:12`; user, password and the values of the query are shown nowhere.
 *
 * @param hrefs `https://host/app.yaml`, or several, the preferred one first. User and password in it are sent as Basic credentials
 * @throws ConfigError `CALUMMA_OPTION`, `CALUMMA_UNKNOWN_FORMAT`. The readings throw a SourceError when no mirror answers
 * with status 200 or 304 (404 and 410 are fine with `optional`) in time and in full
 * @example const remote = url('https://config.example/app.properties', { every: '5s' });
 * @example
 * const guarded = url(['https://one.example/gateway.yaml', 'https://two.example/gateway.yaml'], {
 *   headers: async () => ({ authorization: `Bearer ${await freshToken()}` }),
 * });
 */
export function url(hrefs: string | URL | readonly (string | URL)[], options: UrlOptions = {}): Source {
  const spec = specOf(hrefs, options);
  const states = new WeakMap<SourceHost, UrlState>();
  const stateOf = (host: SourceHost): UrlState => {
    const state = states.get(host) ?? { told: new Told(spec), mirrors: new Mirrors(spec.mirrors) };
    states.set(host, state);
    return state;
  };
  return {
    name: spec.name,
    async *readings(signal, host = standaloneHost) {
      // Loaded here: who has no address pays nothing for undici.
      const { followUrl } = await import('./follow.js');
      if (host !== standaloneHost) {
        yield* followUrl(spec, stateOf(host), signal, host);
        return;
      }
      // Nobody keeps what is read: whoever reads alone has taken it.
      const reader = { ...standaloneHost, version: undefined as string | undefined };
      for await (const reading of followUrl(spec, stateOf(reader), signal, reader)) {
        reader.version = reading.version;
        yield reading;
      }
    },
  };
}
