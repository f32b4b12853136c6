import { isDeepStrictEqual } from 'node:util';

import type { Config, OutputSpec } from '../../index.js';
import { Output } from './output.js';
import type { OutputStatus, Tell } from './status.js';

/** The outputs of a sidecar: one for each entry of `outputs:`. */
export class Outputs {
  readonly #tell: Tell;
  #running: readonly Output[] = [];
  #changing: Promise<void> = Promise.resolve();

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  get status(): readonly OutputStatus[] {
    return this.#running.map(({ status }) => status);
  }

  /**
   * Puts other outputs in the place of those that run. One that is as it was, on the same config, goes on undisturbed; a folder is never
   * written by two.
   */
  reload(specs: readonly OutputSpec[], configs: Readonly<Record<string, Config>>): Promise<void> {
    this.#changing = this.#changing.then(() => this.#replace(specs, configs));
    return this.#changing;
  }

  /** Writes what is still to be written. @param hurry when it aborts, commands that run are killed */
  async close(hurry?: AbortSignal): Promise<void> {
    await this.#changing;
    await Promise.all(this.#running.map((output) => output.close(hurry)));
  }

  async #replace(specs: readonly OutputSpec[], configs: Readonly<Record<string, Config>>): Promise<void> {
    const same = ({ spec, config }: Output): boolean => configs[spec.config] === config && specs.some((one) => isDeepStrictEqual(one, spec));
    const staying = this.#running.filter(same);
    await Promise.all(this.#running.filter((output) => !staying.includes(output)).map((output) => output.close()));
    this.#running = specs.flatMap((spec) => {
      const config = configs[spec.config];
      const known = staying.find((output) => isDeepStrictEqual(output.spec, spec));
      return known ?? (config === undefined ? [] : new Output(spec, config, this.#tell));
    });
  }
}
