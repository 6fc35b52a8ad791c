// Time ranges and how times are written. Times are milliseconds since 1970 unless named otherwise.

/** Either "the last so many seconds" or a fixed stretch. */
export type Range = { kind: 'last'; seconds: number } | { kind: 'fixed'; from: number; to: number };

export const PRESETS: { label: string; seconds: number }[] = [
  { label: '15 minutes', seconds: 900 },
  { label: '1 hour', seconds: 3600 },
  { label: '6 hours', seconds: 6 * 3600 },
  { label: '24 hours', seconds: 86400 },
  { label: '2 days', seconds: 2 * 86400 },
  { label: '7 days', seconds: 7 * 86400 },
  { label: '30 days', seconds: 30 * 86400 },
];

export const DEFAULT_RANGE: Range = { kind: 'last', seconds: 86400 };
/** Ten years: beyond it a range is a mistake. */
const SECONDS_MAX = 3650 * 86400;
const UNITS: [string, number][] = [['d', 86400], ['h', 3600], ['m', 60], ['s', 1]];

/** `24h`, or `1700000000000..1700003600000`. */
export function writeRange(range: Range): string {
  if (range.kind === 'fixed') return `${range.from}..${range.to}`;
  const [unit, size] = UNITS.find(([, size]) => range.seconds % size === 0) ?? ['s', 1];
  return `${range.seconds / size}${unit}`;
}

/** Reads what {@link writeRange} wrote; anything else is null. */
export function readRange(text: string): Range | null {
  const fixed = /^(\d{1,15})\.\.(\d{1,15})$/.exec(text);
  if (fixed) {
    const [from, to] = [Number(fixed[1]), Number(fixed[2])];
    return from < to ? { kind: 'fixed', from, to } : null;
  }
  const last = /^(\d{1,9})([smhd])$/.exec(text);
  if (!last) return null;
  const seconds = Number(last[1]) * (UNITS.find(([unit]) => unit === last[2])?.[1] ?? 1);
  return seconds > 0 && seconds <= SECONDS_MAX ? { kind: 'last', seconds } : null;
}

const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 2592000];

/** From and to on borders of whole buckets, so that bars stand still while time goes on. */
export type Window = { from: number; to: number; buckets: number };

export function windowOf(range: Range, now: number, bucketsMax: number): Window {
  const from = range.kind === 'fixed' ? range.from : now - range.seconds * 1000;
  // Alerts of this very moment belong to it too.
  const to = range.kind === 'fixed' ? range.to : now + 1000;
  const step = (STEPS_S.find((step) => (to - from) / (step * 1000) <= bucketsMax - 1) ?? 2592000 * 12) * 1000;
  // Days begin at midnight here, not in Greenwich.
  const offset = new Date(from).getTimezoneOffset() * 60_000;
  const start = Math.floor((from - offset) / step) * step + offset;
  const buckets = Math.max(1, Math.ceil((to - start) / step));
  return { from: start, to: start + buckets * step, buckets };
}

const pad = (value: number, width = 2) => String(value).padStart(width, '0');

export function clock(ms: number): string {
  const at = new Date(ms);
  return `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
}

export function day(ms: number): string {
  const at = new Date(ms);
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
}

export function dayAndClock(ms: number): string {
  return `${day(ms)} ${clock(ms)}`;
}

/** For the time axis and the time picker: as short as the span allows. */
export function axisLabel(ms: number, spanMs: number): string {
  const at = new Date(ms);
  const hm = `${pad(at.getHours())}:${pad(at.getMinutes())}`;
  if (spanMs <= 10 * 60_000) return `${hm}:${pad(at.getSeconds())}`;
  if (spanMs <= 2 * 86400_000) return hm;
  const date = at.toLocaleDateString('en', { day: 'numeric', month: 'short' });
  return spanMs <= 8 * 86400_000 && hm !== '00:00' ? `${date} ${hm}` : date;
}

/** 3 s, 4 min, 2 h, 5 d. */
export function duration(ms: number): string {
  const s = Math.abs(ms) / 1000;
  if (s < 1) return `${Math.round(s * 1000)} ms`;
  if (s < 90) return `${Math.round(s)} s`;
  if (s < 5400) return `${Math.round(s / 60)} min`;
  if (s < 129600) return `${Math.round(s / 3600)} h`;
  return `${Math.round(s / 86400)} d`;
}

/** `2026-11-23T06:50` as datetime-local inputs write it, in local time. */
export function toInput(ms: number): string {
  return `${day(ms)}T${clock(ms)}`;
}

export function fromInput(text: string): number | null {
  const ms = new Date(text).getTime();
  return Number.isFinite(ms) ? ms : null;
}

export function rangeLabel(range: Range): string {
  if (range.kind === 'fixed') return `${dayAndClock(range.from)} – ${dayAndClock(range.to)}`;
  const preset = PRESETS.find((preset) => preset.seconds === range.seconds);
  return `Last ${preset?.label ?? duration(range.seconds * 1000)}`;
}
