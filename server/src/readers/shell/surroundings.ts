/** What stands around a command in the text of a script: loops and conditions, as far as plain reading tells. */

const word = (name: string) => new RegExp(`(^|[\\s;&|(])${name}(?=[\\s;]|$)`, 'gm')
const [opens, closes, thens, fis] = [word('do'), word('done'), word('then'), word('fi')]

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
}

/** The text before an offset, without comments. */
function before(text: string, offset: number): string {
  return text.slice(0, offset).replace(/(^|\s)#.*$/gm, '$1')
}

export function isInLoop(text: string, offset: number): boolean {
  const code = before(text, offset)
  return count(code, opens) > count(code, closes)
}

/** Behind a condition: inside `if`, or after a test on the same line (`[ -d data ] || …`). */
export function isGuarded(text: string, offset: number): boolean {
  const code = before(text, offset)
  if (count(code, thens) > count(code, fis)) return true
  const line = code.slice(code.lastIndexOf('\n') + 1).replace(/^.*;/, '')
  return /(^|\s)(\[\[?|test)\s.*(\|\||&&)/.test(line) || /\|\|/.test(line)
}
