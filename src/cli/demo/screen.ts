import { columns, type Output } from '../output.js';
import type { Stage } from './stage.js';

/** The first screen: what is running, what it enforces and from where, what to try. */
export function showStage(output: Output, stage: Stage): void {
  const { files, gateway, sidecar, token, database } = stage;
  const dim = (text: string): string => output.style('dim', text);
  output.line(output.style('bold', 'A gateway whose limits follow files, a database and a page, without a restart'));
  output.line();
  output.line(`  gateway  ${output.style('cyan', gateway.url)}  ${dim('it asks the sidecar')}`);
  // What stands behind # is never sent.
  output.line(`  page     ${output.style('cyan', `${sidecar.url}/#token=${token}`)}  ${dim('open it')}`);
  if (database !== undefined) output.line(`  store    ${database}  ${dim('goes first: what the page writes')}`);
  else output.line(`  store    ${dim('none, so the page cannot write: npm install better-sqlite3, or Node 22.16 or later')}`);
  output.line(`  files    ${files.properties}`);
  output.line(`           ${files.yaml}  ${dim('(before the other: the environment is prod)')}`);
  output.line();
  for (const row of limitRows(stage)) output.line(`  ${row}`);
}

/** What to paste into another terminal. */
export function showTries(output: Output, { files, gateway, sidecar, token, database }: Stage): void {
  const key = `${sidecar.url}/v1/config/default/gateway.rate.limit`;
  const signed = `-H 'Authorization: Bearer ${token}' -H 'X-Config-Reason: rush'`;
  const tries: [what: string, command: string][] = [
    ['send 20 requests: about 5 pass', `for i in $(seq 20); do curl -s -o /dev/null -w '%{http_code} ' ${gateway.url}; done; echo`],
    ['raise the limit in the file, send them again', sed('s/rate.limit=.*/rate.limit=15/', files.properties)],
    ...(database === undefined ? [] : [
      ['set it in the store, which goes first', `curl -X PUT ${signed} -d 30 ${key}`],
      ['take it out of there again', `curl -X DELETE ${signed} ${key}`],
    ] satisfies [string, string][]),
    ['a slip: the last good limit stays', sed('s/rate.limit=.*/rate.limit=many/', files.properties)],
    ['an upstream that is too slow: 504', `curl -i '${gateway.url}/slow?ms=500'`],
    ['give it more time, ask again', sed('s/timeout: .*/timeout: 2s/', files.yaml)],
  ];
  output.line();
  output.line('  In another terminal, in your editor, or on the page:');
  output.line();
  for (const [what, command] of tries) {
    output.line(`  ${output.style('dim', `# ${what}`)}`);
    output.line(`  ${command}`);
  }
  output.line();
  output.line(output.style('dim', 'Each change is printed here as it lands. Ctrl-C ends the demo and removes the files.'));
  output.line();
}

function limitRows({ limits, files, served }: Stage): string[] {
  const says: [key: string, meaning: string][] = [
    [limits.rate.name, 'requests a second, else 429'],
    [limits.hosts.name, 'the only hosts, else 403'],
    [limits.timeout.name, 'for the upstream, else 504'],
  ];
  const rows = says.map(([key, meaning]) => {
    const { value, winner } = served.explain(key);
    return [key, value ?? '', meaning, (winner?.origin ?? '').replace(`${files.folder}/`, '')];
  });
  return columns(rows);
}

// BSD's sed wants a suffix after -i, if only an empty one.
function sed(script: string, file: string, platform: NodeJS.Platform = process.platform): string {
  const inPlace = platform === 'darwin' || platform === 'freebsd' ? "-i ''" : '-i';
  return `sed ${inPlace} '${script}' '${file}'`;
}
