// Makes hostile text safe to look at. Markup is no danger (everything is a text node); what is
// left are characters that hide, reorder or fake what stands around them.

/** A run of text, or one character that is shown by its name instead. */
export type Run = { text: string; escaped: boolean; title?: string };

const NAMES: Record<number, string> = {
  0x00ad: 'soft hyphen', 0x061c: 'Arabic letter mark', 0x180e: 'Mongolian vowel separator',
  0x200b: 'zero width space', 0x200c: 'zero width non-joiner', 0x200d: 'zero width joiner',
  0x200e: 'left-to-right mark', 0x200f: 'right-to-left mark', 0x2028: 'line separator',
  0x2029: 'paragraph separator', 0x202a: 'left-to-right embedding', 0x202b: 'right-to-left embedding',
  0x202c: 'pop directional formatting', 0x202d: 'left-to-right override',
  0x202e: 'right-to-left override', 0x2060: 'word joiner', 0x2066: 'left-to-right isolate',
  0x2067: 'right-to-left isolate', 0x2068: 'first strong isolate', 0x2069: 'pop directional isolate',
  0xfeff: 'byte order mark', 0xfffd: 'replacement character',
};

const SHORT: Record<number, string> = { 0x07: '\\a', 0x08: '\\b', 0x09: '\\t', 0x0a: '\\n', 0x0d: '\\r', 0x1b: '\\e' };

// C0, DEL, C1, and what is invisible or changes direction; lone surrogates; tags block.
const HIDDEN =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|[\u{e0000}-\u{e0fff}]/gu;

function name(code: number): string {
  return 'U+' + code.toString(16).toUpperCase().padStart(4, '0');
}

/** Splits a text so that each hidden character can be shown as a small label. */
export function runs(text: string): Run[] {
  const found: Run[] = [];
  let end = 0;
  for (const match of text.matchAll(HIDDEN)) {
    if (match.index > end) found.push({ text: text.slice(end, match.index), escaped: false });
    const code = match[0].codePointAt(0) ?? 0;
    found.push({
      text: SHORT[code] ?? name(code),
      escaped: true,
      title: `${name(code)} ${NAMES[code] ?? 'control character'}`,
    });
    end = match.index + match[0].length;
  }
  if (end < text.length) found.push({ text: text.slice(end), escaped: false });
  return found;
}

/** The same as one string, for titles, labels and places where no markup is possible. */
export function visible(text: string): string {
  return runs(text).map((run) => (run.escaped ? `⟨${run.text}⟩` : run.text)).join('');
}

/** Cuts at a number of characters without splitting one. */
export function cut(text: string, max: number): { text: string; more: number } {
  if (text.length <= max) return { text, more: 0 };
  let end = max;
  const last = text.charCodeAt(end - 1);
  if (last >= 0xd800 && last <= 0xdbff) end -= 1;
  return { text: text.slice(0, end), more: text.length - end };
}

/** An alert's output without the time and priority in front, which stand in their own columns. */
export function shortOutput(output: string): string {
  return output.replace(/^\d\d:\d\d:\d\d(?:\.\d+)?: ?(?:Emergency|Alert|Critical|Error|Warning|Notice|Informational|Debug) ?/, '');
}

/** 12,345 and 1.2M: short enough for a card, exact where it fits. */
export function count(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (Math.abs(value) < 1e6) return Math.round(value).toLocaleString('en');
  const units: [number, string][] = [[1e12, 'T'], [1e9, 'G'], [1e6, 'M']];
  const [size, unit] = units.find(([size]) => Math.abs(value) >= size) ?? [1e6, 'M'];
  return `${(value / size).toPrecision(3)}${unit}`;
}

/** Bytes in binary units. */
export function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let index = 0;
  while (Math.abs(value) >= 1024 && index < units.length - 1) {
    value /= 1024;
    index += 1;
  }
  return `${index === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[index]}`;
}

/** Lines of a JSON text. Only spaces and line ends are added, so that numbers stay as stored. */
export function prettyJson(json: string): string[] {
  const lines: string[] = [];
  let [line, depth, quoted] = ['', 0, false];
  const flush = (indent: number) => {
    lines.push(line);
    line = '  '.repeat(indent);
  };
  for (let index = 0; index < json.length; index += 1) {
    const c = json[index] ?? '';
    const empty = '{['.includes(json[index - 1] ?? ' ') && '}]'.includes(c);
    if (!quoted && '}]'.includes(c)) {
      depth -= 1;
      if (!empty) flush(depth);
    }
    if (quoted || c.trim() !== '') line += c;
    if (quoted && c === '\\') line += json[(index += 1)] ?? '';
    else if (c === '"') quoted = !quoted;
    else if (quoted) continue;
    else if ('{['.includes(c)) {
      depth += 1;
      if (!'}]'.includes(json[index + 1] ?? ' ')) flush(depth);
    } else if (c === ',') flush(depth);
    else if (c === ':') line += ' ';
  }
  lines.push(line);
  return lines;
}
