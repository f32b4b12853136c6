/** The answers of the sidecar, as they come over the wire: dates are texts there. */

export interface WholeAnswer {
  readonly namespace: string;
  readonly revision: string;
  readonly source: string;
  readonly values: Readonly<Record<string, string>>;
  readonly masked?: readonly string[];
}

export interface ChangeEvent {
  readonly namespace: string;
  readonly revision: string;
  readonly at: string;
  readonly lagMs?: number;
  readonly changes: readonly { readonly key: string; readonly op: 'set' | 'delete'; readonly value?: string; readonly masked?: boolean; readonly layer?: string }[];
}

export interface ErrorAnswer {
  readonly code: string;
  readonly message: string;
}

export interface HoldingAnswer {
  readonly layer: string;
  readonly raw: string;
  readonly origin?: string | undefined;
  readonly since?: string | undefined;
  readonly staleSince?: string | undefined;
}

export interface ExplanationAnswer {
  readonly key: string;
  readonly value?: string | undefined;
  readonly secret: boolean;
  readonly winner?: HoldingAnswer | undefined;
  readonly hidden: readonly HoldingAnswer[];
  readonly unread: readonly string[];
  readonly interpolation: readonly { readonly expression: string; readonly value?: string | undefined; readonly depth: number }[];
  readonly errors: readonly ErrorAnswer[];
}

export interface LayerAnswer {
  readonly name: string;
  readonly state: 'loading' | 'live' | 'stale' | 'failed';
  readonly since: string;
  readonly lastError?: ErrorAnswer | undefined;
  readonly ageMs?: number | undefined;
  readonly lagMs?: number | undefined;
  readonly maxStalenessMs: number;
  readonly overdue: boolean;
  readonly confirms: boolean;
  readonly remembered: boolean;
  readonly required: boolean;
  readonly bytes: number;
  readonly keys: number;
  readonly version?: string | undefined;
  readonly nextTry?: string | undefined;
}

export interface NamespaceAnswer {
  readonly state: string;
  readonly revision: string;
  readonly keys: number;
  readonly bytes: number;
  readonly layers: readonly LayerAnswer[];
  readonly writables?: readonly string[];
}

export interface StatusAnswer {
  readonly state: string;
  readonly namespaces: Readonly<Record<string, NamespaceAnswer>>;
}

/** One publish, as the ring keeps it. */
export interface ChangeSetAnswer {
  readonly revision: string;
  readonly at: string;
  readonly lagMs?: number | undefined;
  readonly changes: readonly ChangeAnswer[];
}

export interface ChangeAnswer {
  readonly key: string;
  readonly before?: string | null | undefined;
  readonly after?: string | null | undefined;
  readonly layer?: string;
  readonly origin?: string | undefined;
}

export interface HistoryAnswer {
  readonly key: string;
  readonly before?: string | null | undefined;
  readonly after?: string | null | undefined;
  readonly version: string;
  readonly author: string;
  readonly reason: string;
  readonly at: string;
}

export interface PreviewAnswer {
  readonly changes: readonly ChangeAnswer[];
  readonly hidden: readonly { readonly key: string; readonly by: string }[];
}

export interface WrittenAnswer {
  readonly layer: string;
  readonly version: string;
  readonly revision: string;
}

/** Somebody who watches or waits. */
export interface ClientAnswer {
  readonly name: string;
  readonly namespaces: readonly string[];
  readonly prefix?: string;
}
