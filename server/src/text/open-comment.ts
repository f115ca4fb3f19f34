/** Comments that ask for a change themselves. */

const open = /\b(todo|fixme|xxx|for now|temporar\w*|placeholder)\b|costlint/i

/** `# off for now`, `# TODO: faster`: what stands there is no decision. */
export function isOpen(comment: string): boolean {
  return open.test(comment)
}
