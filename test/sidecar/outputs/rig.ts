import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { onTestFinished, vi } from 'vitest';

import { type Config, createConfig, memory, type MemorySource, type OutputSpec, type Source } from '../../../src/index.js';
import { Output } from '../../../src/sidecar/outputs/output.js';
import type { OutputEvent } from '../../../src/sidecar/outputs/status.js';

export function scratch(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'calumma-outputs-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function specOf(to: string, spec: Partial<OutputSpec> = {}): OutputSpec {
  return { to, config: 'default', prefix: '', formats: ['json'], quietMs: 20, timeoutMs: 5_000, reveal: false, ...spec };
}

export interface Rig {
  readonly to: string;
  readonly feed: MemorySource;
  readonly config: Config;
  readonly output: Output;
  readonly events: OutputEvent[];
}

/** An output that writes what a feed says. */
export function rig(entries: Readonly<Record<string, string>>, spec: Partial<OutputSpec> = {}, more: readonly Source[] = []): Rig {
  const to = spec.to ?? path.join(scratch(), 'out');
  const feed = memory(entries);
  const config = createConfig({ layers: [feed, ...more], onError: () => undefined });
  return { to, feed, config, ...outputOn(config, specOf(to, spec)) };
}

export function outputOn(config: Config, spec: OutputSpec): Pick<Rig, 'output' | 'events'> {
  const events: OutputEvent[] = [];
  const output = new Output(spec, config, (event) => void events.push(event));
  onTestFinished(async () => {
    await output.close(AbortSignal.timeout(1_000));
    await config.close();
  });
  return { output, events };
}

/** Waits until an output has got so far. */
export function until(output: Output, state: Output['status']['state']): Promise<void> {
  return eventually(() => output.status.state === state, () => JSON.stringify(output.status));
}

export async function eventually(check: () => boolean, say: () => string = () => String(check)): Promise<void> {
  await vi.waitUntil(check, { timeout: 10_000, interval: 5 }).catch(() => {
    throw new Error(`it did not come to it: ${say()}`);
  });
}

export function textOf(to: string, name: string): string {
  return readFileSync(path.join(to, 'current', name), 'utf8');
}

export function jsonOf(to: string, name = 'default.json'): unknown {
  return JSON.parse(textOf(to, name));
}

export function versionsIn(to: string): string[] {
  return readdirSync(path.join(to, 'v')).sort();
}

export function currentOf(to: string): string {
  return readlinkSync(path.join(to, 'current')).slice('v/'.length);
}
