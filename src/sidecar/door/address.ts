import { BlockList, isIP } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether an address, or the name `localhost`, leads to this host only. */
export function isLoopback(host: string | undefined): boolean {
  if (host === undefined) return false;
  // Nearly every request comes from here, and a BlockList makes an object for each question.
  if (host === '127.0.0.1' || host === '::1') return true;
  if (host.toLowerCase() === 'localhost') return true;
  const family = isIP(host);
  // `::ffff:127.0.0.1` is one too: a BlockList looks through the mapping.
  return family !== 0 && loopback.check(host, family === 6 ? 'ipv6' : 'ipv4');
}

/** An address as URLs have it: IPv6 in brackets, without a mapping of IPv4. */
export function hostOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  return plain.includes(':') ? `[${plain.toLowerCase()}]` : plain.toLowerCase();
}
