/** @typedef {import('./figure.js').Figure} Figure */

/** @param {number} value */
export function rounded(value) {
  const size = Math.abs(value);
  if (size !== 0 && size < 0.01) return value.toPrecision(1);
  if (size >= 1000) return Math.round(value).toLocaleString('en');
  return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** @param {import('./figure.js').Amount | undefined} amount */
function shown(amount) {
  if (amount === undefined) return '';
  return `${rounded(amount.value)} ${amount.unit}`;
}

/** @param {Figure} figure */
function rowOf(figure) {
  const { name, ours, yardstick, value, unit, bound, ok, note } = figure;
  const against = yardstick === undefined ? '' : `${shown(yardstick)} (${yardstick.name})`;
  const quotient = yardstick === undefined ? '' : rounded(yardstick === undefined ? value : ours.value / yardstick.value);
  const limit = bound === undefined ? '' : `${bound}${unit === 'x' ? '' : ` ${unit}`}`;
  const verdict = ok === undefined ? '' : ok ? 'ok' : 'MISSED';
  return [note === undefined ? name : `${name} (${note})`, shown(ours), against, quotient, limit, verdict];
}

/** @param {string[]} head @param {string[][]} rows */
function table(head, rows) {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column].length)));
  const line = (cells) => `  ${cells.map((cell, column) => (column === 0 || column === 2 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join('  ')}`.trimEnd();
  return [line(head), line(widths.map((width) => '─'.repeat(width))), ...rows.map(line)].join('\n');
}

/** @param {import('./figure.js').Report} report */
export function printReport({ title, method, figures, peers = [], facts = [] }) {
  console.log(`\n${title}\n  ${method}\n`);
  console.log(table(['figure', 'ours', 'yardstick', 'ratio', 'at most', ''], figures.map(rowOf)));
  if (peers.length > 0) {
    console.log(`\n${table(['peers', 'theirs', 'yardstick', 'ratio'], peers.map((peer) => rowOf(peer).slice(0, 4)))}`);
  }
  for (const fact of facts) console.log(`\n  ${fact}`);
}
