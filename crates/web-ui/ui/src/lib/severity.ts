// Falco's priorities, worst first, and how each is drawn. Colour is never the only sign: each has
// its shape and its name.

export const PRIORITIES = ['Emergency', 'Alert', 'Critical', 'Error', 'Warning', 'Notice', 'Informational', 'Debug'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** Class suffix: `sev-critical`. */
export function severityClass(priority: string): string {
  const known = PRIORITIES.find((name) => name === priority);
  return `sev-${(known ?? 'Debug').toLowerCase()}`;
}

/** Path of the sign in a 16 x 16 box: the worse, the more corners and the more ink. */
export function severityShape(priority: string): string {
  switch (priority) {
    case 'Emergency': return 'M5 1h6l4 4v6l-4 4H5l-4-4V5z';
    case 'Alert': return 'M8 .8 15.2 8 8 15.2.8 8z';
    case 'Critical': return 'M8 1.2 15.4 14.4H.6z';
    case 'Error': return 'M2 2h12v12H2z';
    case 'Warning': return 'M8 1.2 15.4 14.4H.6zM8 5.6 4.3 12.2h7.4z';
    case 'Notice': return 'M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13z';
    case 'Informational': return 'M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zm0 2.6a3.9 3.9 0 1 1 0 7.8 3.9 3.9 0 0 1 0-7.8z';
    default: return 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6z';
  }
}

/** `Informational` is too long for a badge. */
export function severityLabel(priority: string): string {
  return priority === 'Informational' ? 'Info' : priority;
}
