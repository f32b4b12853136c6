import { hostname } from 'node:os';
import type { Context } from '../core/model.js';
import type { Outside } from './cascade.js';

/** What `${env:…}`, `${sys:…}` and `${@…}` see of the process. */
export function outsideOf(context: Context, env: NodeJS.ProcessEnv): Outside {
  const sys: Readonly<Record<string, () => string>> = {
    hostname,
    pid: () => String(process.pid),
    cwd: () => process.cwd(),
  };
  return {
    env: (name) => env[name],
    sys: (name) => (Object.hasOwn(sys, name) ? sys[name]?.() : undefined),
    context: (name) => (Object.hasOwn(context, name) ? context[name] : undefined),
  };
}
