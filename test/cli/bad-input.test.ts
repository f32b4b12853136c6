import { mkdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

import { inFolder, storeDescription } from './folder.js';
import { inProcess } from './in-process.js';

const { write } = inFolder();

type Row = readonly [args: string, code: number, said: RegExp];

/** What is typed, the exit code, and what is said on stderr. Nothing of it prints a result. */
const rows: readonly Row[] = [
  ['', 2, /Usage: calumma/],
  ['expalin a', 2, /unknown command 'expalin'\n\(Did you mean explain\?\)/],
  ['get', 2, /^calumma: missing required argument 'key'\n\(calumma get --help says more\)\n$/],
  ['get a b', 2, /too many arguments/],
  ['get a --jsno', 2, /unknown option '--jsno'\n\(Did you mean --json\?\)/],
  ['get pined', 1, /^calumma: pined is set nowhere; did you mean pinned\?\n$/],
  ['get zzzzzzzz', 1, /^calumma: zzzzzzzz is set nowhere\n$/],
  ['get a --config missing.yaml', 1, /missing\.yaml: expected a description/],
  ['get a --namespace biling', 1, /no config is called "biling"/],
  ['get a --namespace defualt', 1, /did you mean default\?/],
  ['get a --sidecar', 2, /argument missing/],
  ['get a --sidecar localhost:80', 2, /the address of a sidecar: expected http:/],
  ['get a --sidecar ftp://x', 2, /the address of a sidecar/],
  ['get a --sidecar unix:', 2, /the address of a sidecar/],
  ['get a --sidecar /x --config calumma.yaml', 2, /exclude each other/],
  ['explain', 2, /missing required argument/],
  ['explain gatway.limit', 1, /did you mean gateway\.limit\?/],
  ['list a b', 2, /too many arguments/],
  ['watch a b', 2, /too many arguments/],
  ['watch --config missing.yaml', 1, /missing\.yaml/],
  ['set', 2, /missing required argument/],
  ['set a', 2, /expected KEY=VALUE, found "a" without =/],
  ['set =5', 2, /expected KEY=VALUE, found no key before =/],
  ['set a=1 a=2', 2, /a is given twice/],
  ['set a=1 --layer sqlit', 1, /sqlit/],
  ['set a=1 --layer bottom', 1, /can be written.*sqlite.*"bottom"/],
  ['set a=1 --config read-only.yaml', 1, /a layer that can be written, found none/],
  ['set a=1 --expect nonsense', 1, /version/i],
  ['set a=1 --author', 2, /argument missing/],
  ['delete', 2, /missing required argument/],
  ['delete a --layer top', 1, /can be written/],
  ['history --limit 0', 2, /--limit: expected a count/],
  ['history --limit many', 2, /--limit: expected a count/],
  ['history --config read-only.yaml', 1, /a layer that can be written/],
  ['rollback', 2, /missing required argument/],
  ['rollback yesterday', 1, /expected a version as the history spells it/],
  ['rollback 99', 1, /^calumma: nothing was written so far\n$/],
  ['rollback 99 --dry-run', 1, /^calumma: nothing was written so far\n$/],
  ['diff a.properties', 2, /expected two files to compare, found one/],
  ['diff a.properties missing.yaml', 1, /missing\.yaml: no such file/],
  ['diff a.properties folder', 1, /folder: expected a file, found a folder/],
  ['diff a.properties a.txt', 1, /no format for "a\.txt"/],
  ['diff a.properties broken.yaml', 1, /broken\.yaml:\d+:\d+/],
  ['diff --env dev', 2, /expected two environments/],
  ['diff --env --revision 1 2', 2, /exclude each other/],
  ['diff --env dev prod --sidecar /x', 2, /exclude each other/],
  ['diff --revision 7 9', 1, /the history has no version 7/],
  ['validate --config missing.yaml', 1, /missing\.yaml/],
  ['validate --schema schema.json', 2, /expected a JavaScript module/],
  ['validate --schema missing.js', 1, /--schema missing\.js/],
  ['validate --schema empty.mjs', 1, /that is a Standard Schema, found none/],
  ['validate --namespace nothing', 1, /no config is called "nothing"/],
  ['export --format toml', 2, /Allowed choices are properties, env, json, typed, yaml/],
  ['export --format env --config collision.yaml', 1, /"a-b" and "a\.b" are both A_B/],
  ['import', 2, /missing required argument/],
  ['import missing.yaml', 1, /missing\.yaml: no such file/],
  ['import broken.yaml', 1, /broken\.yaml:\d+:\d+/],
  ['import a.properties --to nothing', 1, /no layer is called "nothing"; there are top, sqlite, bottom/],
  ['import a.properties --to top', 1, /can be written/],
  ['import a.properties --to sqlite --layer top', 2, /name two layers/],
  ['import a.properties --batch 0', 2, /--batch: expected a count/],
  ['import a.properties --config read-only.yaml', 1, /no layer can be written; there are only/],
  ['schema', 2, /missing required argument/],
  ['schema oracle', 2, /Allowed choices are postgres, mysql, sqlite/],
  ['schema sqlite --table', 2, /argument missing/],
  ['run', 2, /missing required argument/],
  ['run --signal NOPE -- true', 2, /--signal: expected the name of a signal/],
  ['run --signal toString -- true', 2, /--signal: expected the name of a signal/],
  ['run --signal HUP --restart -- true', 2, /exclude each other/],
  ['run --quiet soon -- true', 2, /--quiet: expected a time/],
  ['run --grace 30d -- true', 2, /--grace: expected a time/],
  ['run --config collision.yaml -- true', 1, /"a\.b" and "a-b" are both A_B/],
  ['run --config too-much.yaml -- true', 1, /^calumma: true: there is more configuration than an environment can hold: --prefix/],
  ['completion', 2, /missing required argument/],
  ['completion powershell', 2, /Allowed choices are bash, zsh, fish/],
];

describe('what is mistyped or missing', () => {
  const there = (): void => {
    write('calumma.yaml', ...storeDescription);
    write('read-only.yaml', 'layers: [{ values: { name: only, entries: { a: 1 } } }]');
    write('collision.yaml', 'layers: [{ values: { entries: { a.b: 1, a-b: 2 } } }]');
    write('too-much.yaml', `layers: [{ values: { entries: { a: ${'x'.repeat(3_000_000)} } } }]`);
    write('a.properties', 'a=1');
    write('a.txt', 'a=1');
    write('broken.yaml', 'a: "');
    write('empty.mjs', 'export const nothing = 1;');
    mkdirSync('folder');
  };

  it.each(rows)('calumma %s: exit code %i', async (line, code, said) => {
    there();
    const finished = await inProcess(line.split(' ').filter((word) => word !== ''));
    expect({ code: finished.code, stdout: finished.stdout }).toEqual({ code, stdout: '' });
    expect(finished.stderr).toMatch(said);
    expect(finished.stderr).not.toMatch(/\n {4}at /);
  });

  it('every verb has a row', async () => {
    const { stdout } = await inProcess(['--help']);
    const verbs = [...stdout.matchAll(/^ {2}([a-z]+) (?=[[<]| )/gm)].map(([, verb = '']) => verb);
    const tested = new Set(rows.map(([line]) => line.split(' ')[0]));
    expect(verbs.filter((verb) => !tested.has(verb))).toEqual(['sidecar', 'demo', 'help']);
  });

  it('every verb has examples in its help, and takes --json', async () => {
    const { stdout } = await inProcess(['--help']);
    const verbs = [...stdout.matchAll(/^ {2}([a-z]+) (?=[[<]| )/gm)].map(([, verb = '']) => verb).filter((verb) => !['sidecar', 'demo', 'help'].includes(verb));
    for (const verb of verbs) {
      const help = await inProcess([verb, '--help']);
      expect({ verb, code: help.code, examples: help.stdout.includes(`Examples:\n  `), json: help.stdout.includes('--json') }).toEqual({ verb, code: 0, examples: true, json: true });
    }
  });
});
