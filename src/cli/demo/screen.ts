import { columns, type Output } from '../output.js';
import type { Stage } from './stage.js';

/** The first screen: what is running, what it enforces and from where, what to try. */
export function showStage(output: Output, stage: Stage): void {
  const { files, gateway } = stage;
  output.line(output.style('bold', 'A gateway whose limits follow two files, without a restart'));
  output.line();
  output.line(`  gateway  ${output.style('cyan', gateway.url)}`);
  output.line(`  files    ${files.properties}`);
  output.line(`           ${files.yaml}  ${output.style('dim', '(goes first: the environment is prod)')}`);
  output.line();
  for (const row of limitRows(stage)) output.line(`  ${row}`);
}

/** What to paste into another terminal. */
export function showTries(output: Output, { files, gateway }: Stage): void {
  const tries: [what: string, command: string][] = [
    ['send 20 requests: about 5 pass', `for i in $(seq 20); do curl -s -o /dev/null -w '%{http_code} ' ${gateway.url}; done; echo`],
    ['raise the limit, send them again', sed('s/rate.limit=.*/rate.limit=15/', files.properties)],
    ['an upstream that is too slow: 504', `curl -i '${gateway.url}/slow?ms=500'`],
    ['give it more time, ask again', sed('s/timeout: .*/timeout: 2s/', files.yaml)],
    ['a host that is not allowed: 403', `curl -i -H 'X-Target-Host: example.com' ${gateway.url}`],
    ['a slip: the last good limit stays', sed('s/rate.limit=.*/rate.limit=many/', files.properties)],
  ];
  output.line();
  output.line('  In another terminal, or open the files in your editor:');
  output.line();
  for (const [what, command] of tries) {
    output.line(`  ${output.style('dim', `# ${what}`)}`);
    output.line(`  ${command}`);
  }
  output.line();
  output.line(output.style('dim', 'Each change is printed here as it lands. Ctrl-C ends the demo and removes the files.'));
  output.line();
}

function limitRows({ limits, files, config }: Stage): string[] {
  const says: [key: string, meaning: string][] = [
    [limits.rate.name, 'requests a second, else 429'],
    [limits.hosts.name, 'the only hosts, else 403'],
    [limits.timeout.name, 'for the upstream, else 504'],
  ];
  const rows = says.map(([key, meaning]) => {
    const { value, winner } = config.explain(key);
    return [key, value ?? '', meaning, (winner?.origin ?? '').replace(`${files.folder}/`, '')];
  });
  return columns(rows);
}

// BSD's sed wants a suffix after -i, if only an empty one.
function sed(script: string, file: string, platform: NodeJS.Platform = process.platform): string {
  const inPlace = platform === 'darwin' || platform === 'freebsd' ? "-i ''" : '-i';
  return `sed ${inPlace} '${script}' '${file}'`;
}
