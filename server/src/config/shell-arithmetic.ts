/** Integer arithmetic of the shell: `$((nodes * gpus))` with known operands. */

import { lookUp } from '../text/records.js'

const token = /\s*(\d+#?|[A-Za-z_]\w*|\*\*|[-+*/%()])/y
const precedence: Record<string, number> = { '+': 1, '-': 1, '*': 2, '/': 2, '%': 2, '**': 3 }
const deepest = 40

/** Value of an expression, or null when anything in it is unknown or is no plain arithmetic. */
export function evaluateArithmetic(source: string, variable: (name: string) => string | null): number | null {
  // `$X` and `${X}` are the same as `X` here.
  const text = source.replace(/\$\{(\w+)\}/g, '$1').replace(/\$(?=[A-Za-z_])/g, '')
  if (text.length > 500) return null
  const tokens: string[] = []
  token.lastIndex = 0
  while (token.lastIndex < text.trimEnd().length) {
    const match = token.exec(text)
    if (match === null) return null
    tokens.push(match[1]!)
  }
  let position = 0
  const primary = (depth: number): number | null => {
    const word = tokens[position++]
    if (word === undefined || depth > deepest) return null
    if (word === '-' || word === '+') {
      const operand = primary(depth + 1)
      return operand === null ? null : word === '-' ? -operand : operand
    }
    if (word === '(') {
      const inner = expression(0, depth + 1)
      return tokens[position++] === ')' ? inner : null
    }
    // A leading zero means octal, which nobody means.
    if (/^(0|[1-9]\d*)$/.test(word)) return Number(word)
    if (!/^[A-Za-z_]/.test(word)) return null
    const value = variable(word)
    return value !== null && /^-?(0|[1-9]\d*)$/.test(value) ? Number(value) : null
  }
  const expression = (least: number, depth: number): number | null => {
    let left = primary(depth)
    for (;;) {
      const operator = tokens[position]
      const level = operator === undefined ? undefined : lookUp(precedence, operator)
      if (left === null || level === undefined || level < least) return left
      position++
      const right = expression(operator === '**' ? level : level + 1, depth + 1)
      if (right === null) return null
      left = apply(operator!, left, right)
    }
  }
  const value = expression(0, 0)
  return position === tokens.length && value !== null && Number.isSafeInteger(value) ? value : null
}

function apply(operator: string, left: number, right: number): number | null {
  switch (operator) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '**':
      return right < 0 ? null : left ** right
    case '/':
      return right === 0 ? null : Math.trunc(left / right)
    default:
      return right === 0 ? null : left % right
  }
}
