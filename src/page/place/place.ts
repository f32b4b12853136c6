/** What the address of the page says: it can be sent to a colleague, and Back leads through it. */
export interface Place {
  readonly namespace: string;
  readonly search: string;
  /** The key that is open. */
  readonly key: string | undefined;
  readonly panel: Panel | undefined;
  /** The revisions that are compared. */
  readonly from: string | undefined;
  readonly to: string | undefined;
}

export type Panel = 'status' | 'diff';

export const home: Place = { namespace: 'default', search: '', key: undefined, panel: undefined, from: undefined, to: undefined };

/** `#ns=default&q=gateway&key=gateway.limit`; what is not there is the default. */
export function parsePlace(hash: string): Place {
  const fields = new URLSearchParams(hash.replace(/^#/, ''));
  const panel = fields.get('panel');
  return {
    namespace: fields.get('ns') ?? home.namespace,
    search: fields.get('q') ?? '',
    key: fields.get('key') ?? undefined,
    panel: panel === 'status' || panel === 'diff' ? panel : undefined,
    from: fields.get('from') ?? undefined,
    to: fields.get('to') ?? undefined,
  };
}

export function formatPlace(place: Place): string {
  const fields = new URLSearchParams();
  if (place.namespace !== home.namespace) fields.set('ns', place.namespace);
  if (place.search !== '') fields.set('q', place.search);
  if (place.key !== undefined) fields.set('key', place.key);
  if (place.panel !== undefined) fields.set('panel', place.panel);
  if (place.from !== undefined) fields.set('from', place.from);
  if (place.to !== undefined) fields.set('to', place.to);
  const text = fields.toString();
  return text === '' ? '' : `#${text}`;
}

/** Takes `token=…` out of a fragment, where a link from a terminal may have put it. */
export function takeToken(hash: string): { readonly token: string | undefined; readonly rest: string } {
  const fields = new URLSearchParams(hash.replace(/^#/, ''));
  const token = fields.get('token') ?? undefined;
  fields.delete('token');
  const rest = fields.toString();
  return { token: token === '' ? undefined : token, rest: rest === '' ? '' : `#${rest}` };
}
