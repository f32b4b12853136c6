import { type Config, type DynamicProperty } from '../../index.js';

/** What the demo's gateway enforces: three properties that follow the files. */
export interface Limits {
  /** Requests a second. */
  readonly rate: DynamicProperty<number>;
  /** Hosts that requests may be for. */
  readonly hosts: DynamicProperty<readonly string[]>;
  /** ms that the upstream may take. */
  readonly timeout: DynamicProperty<number>;
}

export function limitsOf(config: Config): Limits {
  return {
    rate: config.getIntProperty('gateway.rate.limit', 5).validate(atLeastOne),
    hosts: config.getListProperty('gateway.allowed.hosts', ['127.0.0.1', 'localhost']),
    timeout: config.getDurationProperty('gateway.timeout', '300ms'),
  };
}

function atLeastOne(rate: number): void {
  if (rate < 1) throw new Error('expected at least 1 request a second');
}
