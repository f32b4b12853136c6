import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { type Config, ConfigError, type OutputSpec } from '../../index.js';
import { run, sendSignal } from './command.js';
import { currentVersion, isWhole, placesOf, removeUnfinished, unlessMissing } from './place.js';
import { type Burst, dueAt } from './quiet.js';
import type { OutputStatus, Tell } from './status.js';
import { type Tree, treeOf } from './tree.js';
import { writeTree } from './write.js';

/** What failed is tried again after this many ms, or when something changes. */
const retryMs = 10_000;

/** Keeps the files of one output as its config is. One thing at a time: a quiet time, then the files, their check, their reload. */
export class Output {
  readonly spec: OutputSpec;
  readonly config: Config;
  readonly #tell: Tell;
  readonly #stopping = new AbortController();
  readonly #killing = new AbortController();
  readonly #running: Promise<void>;
  #wake: () => void = () => undefined;
  /** Changes that are not in the files yet. */
  #burst: Burst | undefined;
  /** Whether anything has happened that makes another try worthwhile. */
  #stirred = false;
  #version: string | undefined;
  /** A key is named as left out once. */
  readonly #named = new Set<string>();
  #status: OutputStatus;

  constructor(spec: OutputSpec, config: Config, tell: Tell) {
    this.spec = spec;
    this.config = config;
    this.#tell = tell;
    this.#status = { to: spec.to, config: spec.config, state: 'waiting', since: new Date() };
    this.#running = this.#run();
  }

  get status(): OutputStatus {
    return this.#status;
  }

  /**
   * Writes what is still to be written and ends.
   *
   * @param hurry when it aborts, a command that runs is killed
   */
  async close(hurry?: AbortSignal): Promise<void> {
    hurry?.addEventListener('abort', () => this.#killing.abort(), { once: true });
    if (hurry?.aborted === true) this.#killing.abort();
    this.#stopping.abort();
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const prefix = this.spec.prefix === '' ? {} : { prefix: this.spec.prefix };
    this.config.on('change', () => this.#changed(), { signal, ...prefix });
    this.config.on('state', () => this.#stir(), { signal });
    await this.#untilReady();
    if (signal.aborted) return;
    await this.#attempt();
    while (await this.#untilDue()) await this.#attempt();
    // What came last is not lost to a stop.
    if (this.#burst !== undefined) await this.#attempt();
  }

  #changed(): void {
    const now = performance.now();
    this.#burst = { first: this.#burst?.first ?? now, last: now };
    this.#stir();
  }

  #stir(): void {
    this.#stirred = true;
    this.#wake();
  }

  /** A required layer that has nothing is waited for, however long it takes. */
  async #untilReady(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.config.ready({ signal });
        return;
      } catch {
        // The config reports what is wrong with the layer; there are no files before it is well.
        this.#wait(namesWithNothing(this.config));
        await this.#pause(retryMs);
      }
    }
  }

  /** @returns false: it is time to stop */
  async #untilDue(): Promise<boolean> {
    const { signal } = this.#stopping;
    const tryAgainAt = performance.now() + retryMs;
    while (!signal.aborted) {
      const now = performance.now();
      const due = this.#burst === undefined ? this.#dueWithoutChange(tryAgainAt) : dueAt(this.#burst, this.spec.quietMs);
      if (due <= now) return true;
      await this.#pause(due - now);
    }
    return false;
  }

  /** What is not in place is tried again; and at once when a layer it waits for has come. */
  #dueWithoutChange(tryAgainAt: number): number {
    const { state } = this.#status;
    if (state === 'written') return Infinity;
    return state === 'waiting' && this.#stirred ? 0 : tryAgainAt;
  }

  async #pause(ms: number): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    if (this.#stopping.signal.aborted) return;
    // Timers hold no more than 24 days.
    await sleep(Math.min(ms, 86_400_000), undefined, { signal: woken.signal, ref: false }).catch(() => undefined);
  }

  async #attempt(): Promise<void> {
    [this.#burst, this.#stirred] = [undefined, false];
    try {
      await this.#renew();
    } catch (cause) {
      this.#fail(cause);
    }
  }

  /** The files as they should be, and those who read them told. */
  async #renew(): Promise<void> {
    const { to } = this.spec;
    if (this.#version === undefined) await this.#begin();
    const missing = namesWithNothing(this.config);
    // The files of an earlier run know more than a config that has not heard of all its layers.
    if (this.#version !== undefined && missing.length > 0) return this.#wait(missing);
    const tree = await treeOf(this.config, this.spec);
    this.#nameSecrets(tree.leftOut);
    if (this.#version?.endsWith(`-${tree.hash}`) !== true) await this.#write(tree);
    if (this.spec.reload !== undefined && (await unlessMissing(stat(placesOf(to).untold)))) await this.#tellReaders(tree);
    const about = { version: this.#version ?? '', keys: tree.keys, leftOut: tree.leftOut.length };
    this.#status = { to, config: this.spec.config, state: 'written', since: new Date(), ...about };
  }

  async #begin(): Promise<void> {
    const { to } = this.spec;
    await removeUnfinished(to);
    const version = await currentVersion(to);
    this.#version = version !== undefined && (await isWhole(to, version)) ? version : undefined;
  }

  async #write(tree: Tree): Promise<void> {
    const { to, config, prefix, check, reload } = this.spec;
    const began = performance.now();
    this.#version = await writeTree(to, tree, {
      about: { format: 1, config, prefix, keys: tree.keys, leftOut: tree.leftOut.length },
      check: async (folder) => check && this.#command('check', check, folder, tree),
      tells: reload !== undefined,
    });
    this.#tell({ kind: 'written', to, version: this.#version, keys: tree.keys, ms: Math.round(performance.now() - began) });
  }

  async #tellReaders(tree: Tree): Promise<void> {
    const { to, reload } = this.spec;
    if (reload === undefined) return;
    if ('signal' in reload) await sendSignal(reload);
    else await this.#command('reload', reload, path.join(placesOf(to).versions, this.#version ?? ''), tree);
    await rm(placesOf(to).untold, { force: true });
    this.#tell({ kind: 'told', to });
  }

  async #command(what: 'check' | 'reload', words: readonly string[], cwd: string, { secrets }: Tree): Promise<void> {
    const { to, timeoutMs } = this.spec;
    try {
      await run(words, { cwd, timeoutMs, secrets, signal: this.#killing.signal, env: { CALUMMA_OUTPUT: to, CALUMMA_FILES: cwd } });
    } catch (cause) {
      throw new Error(`its ${what} failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  }

  #nameSecrets(keys: readonly string[]): void {
    const news = keys.filter((key) => !this.#named.has(key));
    for (const key of news) this.#named.add(key);
    if (news.length > 0) this.#tell({ kind: 'secrets', to: this.spec.to, keys: news });
  }

  #wait(layers: readonly string[]): void {
    const { to, config } = this.spec;
    if (String(this.#status.waitsFor ?? '') !== String(layers)) this.#tell({ kind: 'waiting', to, layers });
    this.#status = { to, config, state: 'waiting', since: new Date(), waitsFor: layers, ...(this.#version !== undefined && { version: this.#version }) };
  }

  #fail(cause: unknown): void {
    const { to, config } = this.spec;
    const message = `${to}: ${cause instanceof Error ? cause.message : String(cause)}`;
    const isNews = this.#status.error !== message;
    const since = isNews ? new Date() : this.#status.since;
    this.#status = { to, config, state: 'failed', since, error: message, ...(this.#version !== undefined && { version: this.#version }) };
    if (isNews) this.#tell({ kind: 'failed', to, error: new ConfigError('CALUMMA_OUTPUT', message, { cause }) });
  }
}

/** Layers that have not said anything so far, or not what they have to. */
function namesWithNothing(config: Config): string[] {
  const { layers } = config.health();
  return layers.filter(({ state, required, keys }) => state === 'loading' || state === 'failed' || (required && keys === 0)).map(({ name }) => name);
}
