import { checkFlag, checkText, optionError, wrongOption } from '../../core/check.js';
import { ConfigError } from '../../core/errors.js';

/** TLS of the servers; certificates and keys as PEM texts, not as paths. */
export interface UrlTls {
  /** Who vouches for the servers. Default: the CAs that Node knows. */
  readonly ca?: string | Buffer | readonly (string | Buffer)[];
  /** The client's certificate, with its chain. */
  readonly cert?: string | Buffer;
  /** The client's private key. */
  readonly key?: string | Buffer;
  /** The name that the certificate has to bear. Default: the host of the address. */
  readonly servername?: string;
  /** Default true. Without it anybody on the way can be the server. */
  readonly rejectUnauthorized?: boolean;
}

const knownTls: readonly (keyof UrlTls)[] = ['ca', 'cert', 'key', 'servername', 'rejectUnauthorized'];

/**
 * @param fn whose option this is: `url`
 * @throws ConfigError `CALUMMA_OPTION`
 */
export function checkTls(fn: string, tls: unknown): void {
  if (typeof tls !== 'object' || tls === null) throw optionError(`${fn}({ tls })`, `an object with ${knownTls.join(', ')}`, tls);
  const stranger = Object.keys(tls).find((key) => !(knownTls as readonly string[]).includes(key));
  if (stranger !== undefined) throw wrongOption(`${fn}({ tls })`, knownTls.join(', '), stranger);
  const { ca, cert, key, servername, rejectUnauthorized } = tls as Partial<Record<keyof UrlTls, unknown>>;
  for (const one of Array.isArray(ca) ? (ca as unknown[]) : [ca]) checkPem(`${fn}({ tls: { ca } })`, one);
  checkPem(`${fn}({ tls: { cert } })`, cert);
  checkPem(`${fn}({ tls: { key } })`, key);
  if ((cert === undefined) !== (key === undefined)) throw new ConfigError('CALUMMA_OPTION', `${fn}({ tls }): expected "cert" and "key" together, found one of them`);
  if (servername !== undefined) checkText(`${fn}({ tls: { servername } })`, servername);
  if (rejectUnauthorized !== undefined) checkFlag(`${fn}({ tls: { rejectUnauthorized } })`, rejectUnauthorized);
}

function checkPem(what: string, pem: unknown): void {
  if (pem === undefined) return;
  const text = Buffer.isBuffer(pem) ? pem.toString('latin1') : pem;
  if (typeof text === 'string' && text.includes('-----BEGIN ')) return;
  throw optionError(what, 'a PEM text (what is in the file, not its path)', pem);
}

/** As Node's `tls.connect` takes them. */
export function tlsOptions({ ca, ...others }: UrlTls) {
  return { ...others, ...(ca !== undefined && { ca: typeof ca === 'string' || Buffer.isBuffer(ca) ? ca : [...ca] }) };
}
