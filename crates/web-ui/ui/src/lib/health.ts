// Reads the health answer, whose keys are all optional and whose values may be anything.

import { bytes, count } from './text';
import { dayAndClock } from './time';

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
  if (value === null || value === undefined || value === '') return '–';
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return value.toLocaleString('en');
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return JSON.stringify(value);
}

/** What a hop counted, short enough for its card. */
export function counted(name: string, value: unknown): string {
  const amount = number(value);
  if (amount === null) return plain(value);
  return name === 'bytes' ? bytes(amount) : count(amount);
}

/** A value in the unit that its name ends in, and the name without it. */
export function measured(name: string, value: unknown): [string, string] {
  const amount = number(value);
  if (name.endsWith('_bytes')) return [name.slice(0, -6), amount === null ? plain(value) : bytes(amount)];
  if (name.endsWith('_unix_s')) return [name.slice(0, -7), amount ? dayAndClock(amount * 1000) : '–'];
  return [name, plain(value)];
}

/** Longer ago than this (30 years) and it is no age but milliseconds since 1970. */
const AGE_MS_MAX = 1e12;

/** How long ago something was, told as an age or as a time. */
export function ageOf(value: unknown, now: number): number | null {
  const ms = number(value);
  if (ms === null) return null;
  return Math.max(0, ms < AGE_MS_MAX ? ms : now - ms);
}

/** What the view has no own place for. */
export function unknownKeys(health: Row): [string, unknown][] {
  return Object.entries(health).filter(([key, value]) => !KNOWN.includes(key) && value !== null);
}

/** How much was lost in all hops. */
export function lossesOf(hop: Row): number {
  return entries(hop.losses).reduce((sum, [, value]) => sum + (number(value) ?? 0), 0);
}
