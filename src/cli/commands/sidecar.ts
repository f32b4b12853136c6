import { once } from 'node:events';

import { Command, InvalidArgumentError } from 'commander';

import type { ConfigChoice } from '../access/access.js';
import type { Terminal } from '../terminal.js';

interface SidecarChoice extends ConfigChoice {
  readonly host?: string;
  readonly port?: number;
  readonly socket?: string | false;
  readonly tokens?: string;
  readonly json?: true;
}

const help = `
SIGHUP reads calumma.yaml again without cutting anybody off; SIGTERM answers who waits, and ends. News go to stderr, a line each.
Without a description the standard layers are served: the environment, $CALUMMA_URLS, then application.{properties,yaml,…}.

Examples:
  calumma sidecar
  calumma sidecar --config /etc/calumma/calumma.yaml --socket /run/calumma/sidecar.sock
  calumma sidecar --port 0 --no-socket --json`;

export function sidecarCommand({ output, stop, onHangUp, onWarning }: Terminal): Command {
  return new Command('sidecar')
    .description('serve the configuration by HTTP to every language on this host')
    .option('--config <file>', 'a description of the layers, such as calumma.yaml')
    .option('--host <address>', 'where to listen (default: 127.0.0.1)')
    .option('--port <number>', 'port to listen at; 0 for any that is free (default: 8078)', portOf)
    .option('--socket <path>', 'a Unix socket to listen at too')
    .option('--no-socket', 'no socket, also not $XDG_RUNTIME_DIR/calumma/sidecar.sock')
    .option('--tokens <file>', 'who may write, see secrets, or ask from other hosts; a line each: <token> [name=ann] [read|write] [reveal]')
    .option('--json', 'news as a JSON object a line')
    .addHelpText('after', help)
    .action(async ({ json, socket, ...choice }: SidecarChoice) => {
      // Loaded when asked for: it brings a server along that no other command needs.
      const { jsonLog, startDaemon, textLog } = await import('../../sidecar/daemon/index.js');
      const log = (json === true ? jsonLog : textLog)((line) => void process.stderr.write(line));
      onWarning(({ message, code = '' }) => log({ event: 'warning', level: 'warn', code }, message));
      // commander's `--no-socket` makes `true` of a socket that nobody spoke of.
      const starting = startDaemon({ ...choice, ...((socket as string | boolean | undefined) !== true && socket !== undefined && { socket }), log });
      onHangUp(() => void starting.then((started) => started.reload()).catch(() => undefined));
      const daemon = await starting;
      const { url, socketPath } = daemon.sidecar;
      if (json === true) output.json({ url, socketPath });
      else output.line(`calumma sidecar at ${[url, socketPath].filter((place) => place !== undefined).join(' and ')}`);
      if (!stop.aborted) await once(stop, 'abort');
      await daemon.close();
    });
}

function portOf(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) < 65_536) return Number(text);
  throw new InvalidArgumentError('expected a port from 0 to 65535');
}
