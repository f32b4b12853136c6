import type { Command } from 'commander';

import type { AccessChoice } from './access/access.js';

/** What every verb that reads takes. */
export interface ReadOptions extends AccessChoice {
  readonly json?: true;
}

/** What every verb that writes takes. */
export interface WriteChoice extends ReadOptions {
  readonly layer?: string;
  readonly author?: string;
  readonly reason?: string;
  readonly dryRun?: true;
}

/** Adds where to look: a description, one of its configs. */
export function describing(command: Command): Command {
  return command
    .option('--config <file>', 'a description of the layers, such as calumma.yaml')
    .option('--namespace <name>', 'one of the configs that the description or the sidecar has; default: default');
}

/** Adds where to ask: a description, or a sidecar. */
export function asking(command: Command): Command {
  return describing(command).option('--sidecar <address>', 'ask the sidecar at this URL or socket; default: $CALUMMA_SIDECAR');
}

/** Adds who writes where and why. */
export function signing(command: Command): Command {
  return command
    .option('--layer <name>', 'the layer to write to; default: the highest that can be written')
    .option('--author <name>', 'who writes, for the history; default: user@host')
    .option('--reason <text>', 'why, for the history')
    .option('--dry-run', 'show what would change, and change nothing');
}

/** An argument that says how many. */
export function countOf(text: string): number | undefined {
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}
