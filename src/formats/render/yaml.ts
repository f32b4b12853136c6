/** One flat map; texts that a reader of YAML 1.1 or 1.2 could take for anything but a text stand in quotes. */
export function renderYaml(entries: ReadonlyMap<string, string>): string {
  if (entries.size === 0) return '{}\n';
  let text = '';
  for (const [key, value] of entries) text += `${renderKey(key)} ${scalar(value)}\n`;
  return text;
}

/** YAML ends an implicit key after 1,024 characters, on its line. */
function renderKey(key: string): string {
  const written = scalar(key);
  return written.length < 1_000 ? `${written}:` : `? ${written}\n:`;
}

const words = /^(?:null|true|false|yes|no|on|off|y|n)$/i;

/** Begins with a letter or `/`, so that it is no number, date or indicator; no `: `, no ` #`, no blank at its end. */
function scalar(text: string): string {
  const plain = /^[A-Za-z/](?:[\w./@%+-]|[: ](?=[\w./@%+-]))*$/.test(text) && !text.includes(': ') && !words.test(text);
  return plain ? text : JSON.stringify(text).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\ufffe\uffff]/gu, escaped);
}

function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');
}
