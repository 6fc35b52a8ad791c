// Calls of the API and the shapes of its answers.

export type User = { name: string; role: string };
export type Session = {
  user: User | null;
  needs_setup: boolean;
  auth: 'on' | 'off';
  password_chars_min: number;
  version: string;
};

export type Alert = {
  uuid: string;
  time_ns: string;
  cursor: string;
  rule: string;
  priority: string;
  source: string;
  hostname: string;
  output: string;
  output_fields: Record<string, unknown>;
  tags: string[];
};

export type AlertPage = { alerts: Alert[]; next: string | null; partial: boolean };
export type FacetCounts = { values: [string, number][]; distinct: number; other: number };
export type Summary = {
  total: number;
  from: number;
  to: number;
  bucket_ms: number;
  timeline: Record<string, number[]>;
  facets: Record<string, FacetCounts>;
  partial: boolean;
};
export type Detail = { alert: Alert; line: string };
export type Health = Record<string, unknown>;

/** What went wrong and how to go on, in the server's words where it had any. */
export class ApiError extends Error {
  constructor(readonly status: number, message: string, readonly help: string) {
    super(message);
  }
}

async function call<T>(path: string, init?: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, { credentials: 'same-origin', cache: 'no-store', ...init });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(0, 'Quaywatch does not answer', 'Check that it runs and that this computer can reach it.');
  }
  let body: unknown = null;
  try {
    body = await response.json();
  } catch {
    // Told below by the status.
  }
  if (!response.ok) {
    const said = (body ?? {}) as { error?: string; help?: string };
    throw new ApiError(response.status, said.error ?? `the server answered ${response.status}`, said.help ?? '');
  }
  return body as T;
}

function post<T>(path: string, body: unknown): Promise<T> {
  return call<T>(path, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
  });
}

export const api = {
  session: () => call<Session>('/api/session'),
  login: (name: string, password: string) => post<{ user: User }>('/api/login', { name, password }),
  setup: (code: string, name: string, password: string) => post<{ user: User }>('/api/setup', { code, name, password }),
  logout: () => post<unknown>('/api/logout', {}),
  alerts: (search: URLSearchParams, signal?: AbortSignal) => call<AlertPage>(`/api/alerts?${search}`, { signal }),
  summary: (search: URLSearchParams, signal?: AbortSignal) => call<Summary>(`/api/summary?${search}`, { signal }),
  alert: (uuid: string, at: number, signal?: AbortSignal) =>
    call<Detail>(`/api/alerts/${encodeURIComponent(uuid)}?at=${at}`, { signal }),
  health: (signal?: AbortSignal) => call<Health>('/api/health', { signal }),
};

/** Milliseconds of a nanosecond text, without rounding through a float. */
export function msOf(timeNs: string): number {
  return Number(timeNs.slice(0, -6) || '0');
}

/** A field as text; null and absent are null. */
export function field(alert: Alert, name: string): string | null {
  const value = alert.output_fields?.[name];
  if (value === null || value === undefined || value === '') return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
