// The chain of processes behind an alert, from Falco's fields.

export type Process = { name: string; cmdline: string | null; exe: string | null; pid: string | null; self: boolean };

/** Falco goes no further up. */
const DEPTH_MAX = 16;

function text(fields: Record<string, unknown>, name: string): string | null {
  const value = fields[name];
  if (value === null || value === undefined || value === '' || value === '<NA>') return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Oldest ancestor first, the process itself last; unknown levels end the chain. */
export function ancestry(fields: Record<string, unknown>): Process[] {
  const own = text(fields, 'proc.name') ?? text(fields, 'proc.exepath');
  const chain: Process[] = [];
  if (own !== null) {
    chain.push({
      name: own, cmdline: text(fields, 'proc.cmdline'), exe: text(fields, 'proc.exepath') ?? text(fields, 'proc.exe'),
      pid: text(fields, 'proc.pid'), self: true,
    });
  }
  for (let level = 1; level <= DEPTH_MAX; level += 1) {
    const at = (field: string) => text(fields, `proc.a${field}[${level}]`);
    const parent = level === 1;
    const name = at('name') ?? (parent ? text(fields, 'proc.pname') : null);
    if (name === null) {
      // proc.aname[2] may be asked for without the parent's name.
      if (parent) continue;
      break;
    }
    chain.push({
      name,
      cmdline: at('cmdline') ?? (parent ? text(fields, 'proc.pcmdline') : null),
      exe: at('exepath') ?? (parent ? text(fields, 'proc.pexepath') : null),
      pid: at('pid') ?? (parent ? text(fields, 'proc.ppid') : null),
      self: false,
    });
  }
  return chain.reverse();
}
