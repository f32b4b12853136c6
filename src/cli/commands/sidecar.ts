import { once } from 'node:events';
import { Command } from 'commander';

import type { ConfigChoice } from '../access/access.js';
import type { Terminal } from '../terminal.js';

interface SidecarChoice extends ConfigChoice {
  readonly port?: string;
  readonly socket?: string;
}

export function sidecarCommand({ output, stop }: Terminal): Command {
  return new Command('sidecar')
    .description('serve the configuration by HTTP to every language on this host')
    .option('--config <file>', 'a description of the layers, such as calumma.yaml')
    .option('--port <number>', 'port at 127.0.0.1; 0 for any that is free (default: 8078)')
    .option('--socket <path>', 'a Unix socket to listen at too')
    .action(async ({ port, socket, ...choice }: SidecarChoice) => {
      // Loaded when asked for: it brings a server along that no other command needs.
      const { startSidecar } = await import('../../entries/sidecar.js');
      const { configOf } = await import('../config.js');
      // Not waited for: what the disk cache remembers is served at once, and the rest when it is there.
      const config = configOf(choice);
      try {
        const sidecar = await startSidecar({
          configs: { default: config },
          ...(port !== undefined && { listen: { port: Number(port) } }),
          ...(socket !== undefined && { socketPath: socket }),
        });
        output.line(`calumma sidecar at ${[sidecar.url, sidecar.socketPath].filter((place) => place !== undefined).join(' and ')}`);
        if (!stop.aborted) await once(stop, 'abort');
        await sidecar.close();
      } finally {
        await config.close();
      }
    });
}
