export { type Sidecar, startSidecar } from './sidecar.js';
export type { SidecarTls } from './door/tls.js';
export type { SidecarAddress, SidecarLimits, SidecarOptions } from './options.js';
