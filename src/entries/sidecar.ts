export * from '../sidecar/index.js';
export { sidecar, type SidecarSourceOptions } from '../sources/sidecar/sidecar.js';
