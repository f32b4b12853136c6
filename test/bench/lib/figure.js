/**
 * @typedef {object} Amount
 * @property {string} [name] what was measured, where it is not the figure itself
 * @property {number} value
 * @property {string} unit
 *
 * @typedef {object} Figure
 * @property {string} name
 * @property {number} value what is compared with the bound
 * @property {string} unit `x` for a ratio
 * @property {number} [bound] at most
 * @property {boolean} [ok]
 * @property {Amount} ours
 * @property {Amount} [yardstick]
 * @property {string} [note]
 *
 * @typedef {object} Report what a group gives back
 * @property {string} title
 * @property {string} method how often and on what it was measured
 * @property {Figure[]} figures
 * @property {Figure[]} [peers] the same by others: for comparison, without a bound
 * @property {string[]} [facts] what was found that is no number
 */

/**
 * Ours over the yardstick.
 *
 * @param {string} name @param {Amount} ours @param {Amount} yardstick @param {number} [bound] @param {string} [note]
 * @returns {Figure}
 */
export function ratio(name, ours, yardstick, bound, note) {
  return judged({ name, value: ours.value / yardstick.value, unit: 'x', bound, ours, yardstick, note });
}

/** @param {string} name @param {Amount} ours @param {number} [bound] @param {string} [note] @returns {Figure} */
export function absolute(name, ours, bound, note) {
  return judged({ name, value: ours.value, unit: ours.unit, bound, ours, note });
}

function judged(figure) {
  return figure.bound === undefined ? figure : { ...figure, ok: figure.value <= figure.bound };
}

/** @param {number} value @param {string} [name] @returns {Amount} */
export const ns = (value, name) => ({ value, unit: 'ns', name });
/** @param {number} value @param {string} [name] @returns {Amount} */
export const ms = (value, name) => ({ value, unit: 'ms', name });
/** 1 MB is 1,000,000 bytes. @param {number} bytes @param {string} [name] @returns {Amount} */
export const megabytes = (bytes, name) => ({ value: bytes / 1e6, unit: 'MB', name });
