import type { ChangeSet, Config } from '../../index.js';

const hidden = '***';

/**
 * What of a config is shown otherwise than it is: the secrets, and addresses with a password in them. Kept, rather than asked for anew, so
 * that a value that was a secret stays one in the news of its end.
 */
export class Secrets {
  readonly #shown = new Map<string, string>();

  constructor(config: Config) {
    for (const [key, value] of config.entries()) this.#note(config, key, value);
  }

  get size(): number {
    return this.#shown.size;
  }

  /** The value as it may be shown. */
  show(key: string, value: string): string {
    return this.#shown.get(key) ?? value;
  }

  hides(key: string): boolean {
    return this.#shown.has(key);
  }

  /** Whether something is hidden here that was not there. */
  hidesMoreThan(other: Secrets): boolean {
    for (const key of this.#shown.keys()) if (!other.hides(key)) return true;
    return false;
  }

  /** The value that a key had before this config came, as it may be shown now. */
  showFormer(config: Config, key: string, value: string): string {
    return this.hides(key) || config.explain(key).secret ? hidden : value;
  }

  /** Learns from a publish. */
  follow(config: Config, { changes }: Pick<ChangeSet, 'changes'>): void {
    for (const { key, after } of changes) {
      this.#shown.delete(key);
      if (after !== undefined) this.#note(config, key, after);
    }
  }

  #note(config: Config, key: string, value: string): void {
    const shown = config.masked(key);
    if (shown !== undefined && shown !== value) this.#shown.set(key, shown);
  }
}
