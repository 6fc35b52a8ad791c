// Reads the health answer, whose keys are all optional and whose values may be anything.

export type Status = 'ok' | 'degraded' | 'down' | 'unknown';
export type Row = Record<string, unknown>;

const KNOWN = ['status', 'problems', 'hops', 'queues', 'disk', 'containers', 'sensors', 'sensor', 'versions', 'metrics'];

export function statusOf(value: unknown): Status {
  if (value === 'ok' || value === 'degraded' || value === 'down') return value;
  if (value === true) return 'ok';
  return value === false ? 'down' : 'unknown';
}

export function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function rows(value: unknown): Row[] {
  if (Array.isArray(value)) return value.filter(isRow);
  return isRow(value) ? [value] : [];
}

export function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map((item) => plain(item)) : [];
}

export function entries(value: unknown): [string, unknown][] {
  return isRow(value) ? Object.entries(value) : [];
}

export function number(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** Any value as text. */
export function plain(value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return value.toLocaleString('en');
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return JSON.stringify(value);
}

/** What the view has no own place for. */
export function unknownKeys(health: Row): [string, unknown][] {
  return Object.entries(health).filter(([key, value]) => !KNOWN.includes(key) && value !== null);
}

/** How much was lost in all hops. */
export function lossesOf(hop: Row): number {
  return entries(hop.losses).reduce((sum, [, value]) => sum + (number(value) ?? 0), 0);
}
