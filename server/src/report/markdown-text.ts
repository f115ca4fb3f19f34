/** Text that comes from files, as Markdown that shows it and does nothing else. */

/** Neither links, pictures nor HTML can come of it; code spans stay. */
export function escapeMarkdown(raw: string): string {
  return raw
    .replace(/\s+/g, ' ')
    .split(/(`[^`]+`)/)
    .map((part) => (/^`[^`]+`$/.test(part) ? part : part.replace(/[\\[\]<>*_#|!&~`]/g, '\\$&')))
    .join('')
}
