import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface KeyPair {
  readonly key: string;
  readonly cert: string;
}

export interface Certificates {
  /** The CA's own certificate. */
  readonly ca: string;
  /** For `localhost` and 127.0.0.1. */
  readonly server: KeyPair;
  /** For `config.example`. */
  readonly named: KeyPair;
  readonly client: KeyPair;
  /** Of nobody's. */
  readonly selfSigned: KeyPair;
}

/** A CA and what it has signed, made anew: nothing that could expire lies in the repository. */
export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'calumma-tls-'));
  try {
    const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    const read = (name: string) => readFileSync(join(folder, name), 'utf8');
    const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    openssl('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=calumma test CA');
    const signed = (name: string, extensions: string): KeyPair => {
      writeFileSync(join(folder, `${name}.ext`), extensions);
      openssl('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
      openssl('x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-out', `${name}.pem`, '-days', '2', '-extfile', `${name}.ext`);
      return { key: read(`${name}.key`), cert: read(`${name}.pem`) };
    };
    openssl('req', '-x509', ...newKey, '-keyout', 'self.key', '-out', 'self.pem', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1');
    return {
      ca: read('ca.pem'),
      server: signed('server', 'subjectAltName=DNS:localhost,IP:127.0.0.1'),
      named: signed('named', 'subjectAltName=DNS:config.example'),
      client: signed('client', 'extendedKeyUsage=clientAuth'),
      selfSigned: { key: read('self.key'), cert: read('self.pem') },
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
