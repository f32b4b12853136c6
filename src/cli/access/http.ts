import { readFileSync } from 'node:fs';
import { type IncomingMessage, request, type RequestOptions } from 'node:http';

import { Failure } from '../exit.js';
import { type Address, shownAddress } from './address.js';
import { mostChars, tooLong } from './limit.js';

export interface Question {
  readonly method?: string;
  /** With its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** How long a sidecar may say nothing: it answers from memory. */
const patienceMs = 10_000;

/**
 * Asks a sidecar; the answer's body is still to be read.
 *
 * @throws Failure when nobody answers there
 */
export async function ask(address: Address, question: Question): Promise<IncomingMessage> {
  const send = 'url' in address && address.url.protocol === 'https:' ? (await import('node:https')).request : request;
  const body = question.body === undefined ? undefined : JSON.stringify(question.body);
  const options = optionsOf(address, question, body);
  return new Promise((resolve, reject) => {
    const sent = send(options, (answer) => {
      clearTimeout(giveUp);
      resolve(answer);
    });
    const silent = (): void => void sent.destroy(new Error(`no answer within ${patienceMs / 1_000} s`));
    sent.setTimeout(patienceMs, silent);
    // Also where something is said all the time, and it is no answer.
    const giveUp = setTimeout(silent, patienceMs);
    sent.on('error', (error: Error & { code?: string }) => {
      clearTimeout(giveUp);
      reject(unreachable(address, error));
    });
    sent.end(body);
  });
}

function optionsOf(address: Address, { method = 'GET', path, headers, signal }: Question, body: string | undefined): RequestOptions {
  const at = 'url' in address ? urlOptions(address.url, path) : { socketPath: address.socketPath, path, host: 'localhost' };
  const token = tokenFrom(process.env);
  return {
    ...at,
    method,
    agent: false,
    headers: {
      ...headers,
      'user-agent': 'calumma-cli',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }),
    },
    ...(signal && { signal }),
  };
}

function urlOptions(url: URL, path: string): RequestOptions {
  // A name in brackets is how URLs write an IPv6 address, and only URLs.
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return { host, port: url.port === '' ? undefined : Number(url.port), path: `${url.pathname.replace(/\/$/, '')}${path}` };
}

function tokenFrom({ CALUMMA_TOKEN: token, CALUMMA_TOKEN_FILE: file }: NodeJS.ProcessEnv): string | undefined {
  const text = token !== undefined && token !== '' ? token : file === undefined || file === '' ? undefined : contentOf(file);
  // The first word of the first line: the sidecar's own file of tokens will do.
  const word = text?.split('\n').map((line) => line.trim()).find((line) => line !== '' && !line.startsWith('#'))?.split(/\s/)[0];
  if (word !== undefined && !/^[\x21-\x7e]+$/.test(word)) throw new Failure('the token for the sidecar: expected printable ASCII, found something else');
  return word;
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Failure(`CALUMMA_TOKEN_FILE: ${(error as Error).message}`, { cause: error });
  }
}

export function unreachable(address: Address, error: Error & { code?: string }): Failure {
  return new Failure(`no sidecar answers at ${shownAddress(address)}: ${error.code ?? error.message}`, { cause: error });
}

/** The whole body. @throws Failure when it breaks off, or goes on and on */
export async function textOf(address: Address, answer: IncomingMessage): Promise<string> {
  answer.setEncoding('utf8');
  let text = '';
  try {
    for await (const piece of answer) {
      text += piece as string;
      if (text.length > mostChars) throw tooLong();
    }
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw unreachable(address, error as Error);
  }
  return text;
}

export function isOk({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode >= 200 && statusCode < 300;
}

/** What a sidecar that does not do what it was asked says. */
export class SidecarFailure extends Failure {
  override readonly name = 'SidecarFailure';
  /** The word for programs, if it is a sidecar's answer. */
  readonly code: string | undefined;

  constructor(message: string, code: string | undefined) {
    super(message);
    this.code = code;
  }
}

export async function problemOf(address: Address, answer: IncomingMessage): Promise<SidecarFailure> {
  const { statusCode = 0 } = answer;
  const { code, message } = problemIn(await textOf(address, answer));
  return new SidecarFailure(message === undefined ? `${shownAddress(address)} answers ${statusCode}: is it a sidecar?` : `the sidecar answers ${statusCode}: ${message}`, code);
}

function problemIn(text: string): { readonly code?: string; readonly message?: string } {
  try {
    const { code, message } = (JSON.parse(text) as { error?: { code?: unknown; message?: unknown } }).error ?? {};
    return typeof code === 'string' && typeof message === 'string' ? { code, message } : {};
  } catch {
    return {};
  }
}
