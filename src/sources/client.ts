import { ConfigError } from '../core/errors.js';

/**
 * Loads the client package of a store when it is first used: who does not use the store need not install it.
 *
 * @param what begins the message: `postgres`
 * @throws ConfigError CALUMMA_CLIENT with what to install
 */
export async function importClient<T>(what: string, packageName: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const { code } = cause as { code?: unknown };
    const found = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND' ? 'that it is not installed' : 'that it cannot be loaded';
    throw new ConfigError('CALUMMA_CLIENT', `${what}: expected the package "${packageName}", found ${found}: npm install ${packageName}`, { cause });
  }
}
