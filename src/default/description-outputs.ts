import path from 'node:path';

import { isList, isMap } from '../formats/tree.js';
import { defaultName } from './description-configs.js';
import { fieldsSchema, needed, optional, readFields, type Fields, type FieldValues } from './description-fields.js';
import { complain, found, type Inspection, type Node } from './description-inspection.js';
import { anyText, choice, filePath, flag, listOf, span, text, wholeNumber, type Shape } from './description-shapes.js';
import { suggestion } from '../core/nearest.js';

const outputFormats = ['properties', 'env', 'json', 'yaml', 'files'] as const;
const signalNames = ['HUP', 'INT', 'QUIT', 'TERM', 'USR1', 'USR2', 'WINCH'] as const;

/** How a file tree is written: one text with everything, or `files`: one file a key. */
export type OutputFormat = (typeof outputFormats)[number];

/** Who is signalled when a file tree has changed: the process whose id is given, or stands in a file. */
export interface SignalSpec {
  readonly signal: `SIG${(typeof signalNames)[number]}`;
  readonly pid?: number;
  /** Absolute. */
  readonly pidFile?: string;
}

/** Files that the sidecar writes for programs without a client. */
export interface OutputSpec {
  /** Absolute. The files stand in `<to>/current/`. */
  readonly to: string;
  /** Name of the config. */
  readonly config: string;
  /** Only keys at or below it. `''`: all. */
  readonly prefix: string;
  readonly formats: readonly OutputFormat[];
  /** Run in the new tree, before it becomes the current one: program and arguments. */
  readonly check?: readonly string[];
  /** Run, or signalled, when the current tree has changed. */
  readonly reload?: readonly string[] | SignalSpec;
  /** ms without a change before anything is written; never longer than four times that after the first change. */
  readonly quietMs: number;
  /** ms that a command may take. */
  readonly timeoutMs: number;
  /** Write secrets too. */
  readonly reveal: boolean;
}

/** A program that is not looked for in PATH starts, as every path does, at the folder of the description. */
const command: Shape<readonly string[]> = {
  schema: { type: 'array', items: anyText.schema, minItems: 1 },
  read(node, inspection) {
    const words = listOf(anyText, 'a command such as [nginx, -t]', { minItems: 1 }).read(node, inspection);
    if (words === undefined) return undefined;
    const [program = '', ...rest] = words;
    if (program !== '') return [program.includes('/') ? path.resolve(inspection.folder, program) : program, ...rest];
    complain(inspection, node, 'expected a program first, found an empty text');
    return undefined;
  },
};

const processId: Shape<number> = {
  schema: wholeNumber.schema,
  read(node, inspection) {
    const id = wholeNumber.read(node, inspection);
    // 0 is our own process group, 1 is everybody's parent.
    if (id === undefined || id > 1) return id;
    complain(inspection, node, `expected the id of a process, found ${found(inspection, node)}`);
    return undefined;
  },
};

const signalFields = {
  signal: needed(choice(signalNames), 'the signal, such as HUP'),
  pid: optional(processId, 'Id of the process.'),
  pidFile: optional(filePath, 'File with the id of the process, from the folder of this description; read each time.'),
} satisfies Fields;

const signal: Shape<SignalSpec> = {
  schema: { ...fieldsSchema(signalFields), oneOf: [{ required: ['pid'] }, { required: ['pidFile'] }] },
  read(node, inspection) {
    const values = readFields(node, signalFields, inspection);
    if (values === undefined) return undefined;
    const { signal: name, pid, pidFile } = values;
    if ((pid === undefined) === (pidFile === undefined)) {
      complain(inspection, node, `expected either pid or pidFile, found ${pid === undefined ? 'none' : 'both'}`);
      return undefined;
    }
    return { signal: `SIG${name}`, ...(pid !== undefined && { pid }), ...(pidFile && { pidFile: pidFile.absolute }) };
  },
};

const reload: Shape<readonly string[] | SignalSpec> = {
  schema: { anyOf: [command.schema, signal.schema] },
  read: (node, inspection) => (isMap(node.value) ? signal : command).read(node, inspection),
};

const configName: Shape<string> = {
  schema: text.schema,
  read(node, inspection) {
    const name = text.read(node, inspection);
    if (name === undefined || inspection.configNames.includes(name)) return name;
    complain(inspection, node, `no config is called ${found(inspection, node, name)};${suggestion(name, inspection.configNames)}`);
    return undefined;
  },
};

const outputFields = {
  to: needed(filePath, 'the folder for the files, from the folder of this description'),
  config: optional(configName, 'Which of the configs.', defaultName),
  prefix: optional(anyText, 'Only keys at or below it.', ''),
  formats: needed(listOf(choice(outputFormats), 'a list of formats', { minItems: 1 }), 'one file with everything in each of these formats, or files: one file a key'),
  check: optional(command, 'Run in the new files before they are put in place; if it fails, they are not.'),
  reload: optional(reload, 'Run, or signalled, when new files are in place.'),
  quietMs: optional(span, 'No change for so long before files are written, at most four times as long after the first.', '500ms'),
  timeoutMs: optional(span, 'How long a command may take.', '10s'),
  reveal: optional(flag, 'Write secrets too. Else their keys are left out.', false),
} satisfies Fields;

const output: Shape<OutputSpec> = {
  schema: fieldsSchema(outputFields),
  read(node, inspection) {
    const values = readFields(node, outputFields, inspection);
    return values && specOf(values);
  },
};

function specOf({ to, formats, ...values }: FieldValues<typeof outputFields>): OutputSpec {
  const defaults = { config: defaultName, prefix: '', quietMs: 500, timeoutMs: 10_000, reveal: false };
  return { ...defaults, ...values, to: to.absolute, formats: [...new Set(formats)] };
}

/** Trees of files; no two in one place. */
export const outputs: Shape<readonly OutputSpec[]> = {
  schema: { type: 'array', items: output.schema },
  read(node, inspection) {
    const specs = listOf(output, 'a list of outputs such as { to: /run/config, formats: [json] }').read(node, inspection);
    if (specs !== undefined) refuseNested(specs, node, inspection);
    return specs;
  },
};

/** What is cleared away in one tree must not be another one. */
function refuseNested(specs: readonly OutputSpec[], node: Node, inspection: Inspection): void {
  for (const [index, { to }] of specs.entries()) {
    const other = specs.findIndex((spec, at) => at !== index && isInside(to, spec.to) && (to !== spec.to || at < index));
    if (other < 0) continue;
    const entry = isList(node.value) ? node.value[index] : undefined;
    complain(inspection, { path: `${node.path}[${index}]`, at: entry?.at ?? node.at }, `expected a folder of its own in "to", found one in that of ${node.path}[${other}]`);
  }
}

function isInside(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(outer.endsWith(path.sep) ? outer : `${outer}${path.sep}`);
}
