import { setTimeout as sleep } from 'node:timers/promises';

import type { DynamicProperty } from '../../index.js';
import { Failure } from '../exit.js';
import type { Output } from '../output.js';
import { newsOn } from './news.js';
import { showStage } from './screen.js';
import { onStage, type Stage } from './stage.js';

export interface OnceOptions {
  /** ms the change may take to land. Default 10_000: the promise. */
  readonly withinMs?: number;
  /** Makes the edit. Default: writes the new limit into `application.properties`. */
  readonly edit?: (stage: Stage, limit: number) => Promise<void>;
}

const requests = 20;
const newLimit = 15;
const writtenLimit = 30;

/**
 * The demo without anybody at the keyboard: requests, an edit, requests again, a write, requests again.
 *
 * @throws Failure when the edit did not reach the gateway in time
 */
export async function runOnce(output: Output, stop: AbortSignal, options: OnceOptions = {}): Promise<void> {
  const { withinMs = 10_000, edit = writeLimit } = options;
  let stage: Stage | undefined;
  const news = newsOn(output, () => stage, () => ' ');
  await onStage((error) => news.error(error), async (ready) => {
    stage = ready;
    showStage(output, stage);
    output.line();
    const before = await burst(output, stage, stop);
    stage.config.on('change', (set) => news.change(set));
    const landed = changeOf(stage.limits.rate, withinMs, stop);
    output.line(`  writing gateway.rate.limit=${newLimit} into application.properties …`);
    await Promise.all([landed, edit(stage, newLimit)]);
    const after = await burst(output, stage, stop);
    expectFollowed(before, after);
    if (stage.database !== undefined) await followWrite(output, stage, withinMs, stop);
    output.line();
    output.line(output.style('green', `The gateway followed the file: ${before} of ${requests} requests passed before, ${after} after.`));
  });
}

function writeLimit({ files }: Stage, limit: number): Promise<void> {
  return files.setRateLimit(limit);
}

/** The other way in: a write through the sidecar, as the page makes it, into the store that goes before the files. */
async function followWrite(output: Output, stage: Stage, withinMs: number, stop: AbortSignal): Promise<void> {
  output.line(`  writing gateway.rate.limit=${writtenLimit} through the sidecar …`);
  const landed = changeOf(stage.limits.rate, withinMs, stop);
  const headers = { authorization: `Bearer ${stage.token}`, 'x-config-reason': 'demo' };
  const write = async (): Promise<void> => {
    const answer = await fetch(`${stage.sidecar.url}/v1/config/default/gateway.rate.limit`, { method: 'PUT', body: String(writtenLimit), headers });
    if (!answer.ok) throw new Failure(`the sidecar refused the write: ${answer.status} ${await answer.text()}`);
  };
  await Promise.all([landed, write()]);
  await burst(output, stage, stop);
}

/** How many of 20 requests sent at once pass a gateway that had a quiet second. */
async function burst(output: Output, { gateway, limits }: Stage, stop: AbortSignal): Promise<number> {
  while (gateway.untilFull > 0) await sleep(gateway.untilFull, undefined, { signal: stop });
  const answers = await Promise.all(Array.from({ length: requests }, () => fetch(gateway.url)));
  const passed = answers.filter((answer) => answer.status === 200).length;
  const refused = answers.filter((answer) => answer.status === 429).length;
  output.line(`  ${requests} requests at a limit of ${limits.rate.get()} a second: ${passed} passed, ${refused} got 429`);
  return passed;
}

/** @throws Failure when the property has not changed within `ms` */
async function changeOf(property: DynamicProperty<unknown>, ms: number, stop: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const changed = new Promise<void>((resolve, reject) => {
    timer = setTimeout(() => reject(new Failure(`the change of ${property.name} did not land within ${ms} ms`)), ms);
    property.onChange(() => resolve(), { signal: stop });
    stop.addEventListener('abort', () => reject(stop.reason as Error), { once: true });
  });
  await changed.finally(() => clearTimeout(timer));
}

function expectFollowed(before: number, after: number): void {
  if (after > before) return;
  throw new Failure(`expected more of ${requests} requests to pass after the change, found ${before} before and ${after} after`);
}
