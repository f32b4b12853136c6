import { type Config, configFromFile, defaultConfig } from '../index.js';

export interface ConfigChoice {
  /** Path of a description such as `calumma.yaml`. */
  readonly config?: string;
}

/** Lends the config the user means to `use`, read and ready, and closes it. */
export async function withConfig(choice: ConfigChoice, use: (config: Config) => void): Promise<void> {
  const config = configOf(choice);
  try {
    await config.ready();
    use(config);
  } finally {
    await config.close();
  }
}

/** The config the user means, read as far as it can be at once. */
export function configOf({ config }: ConfigChoice): Config {
  return config === undefined ? ofApplication() : configFromFile(config);
}

/** What an application started in this folder would see. */
function ofApplication(): Config {
  const config = defaultConfig();
  // The words after `calumma` are ours, not the application's.
  if (config.layers.includes('args')) config.removeLayer('args');
  return config;
}
