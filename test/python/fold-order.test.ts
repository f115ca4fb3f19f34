/** What an expression folds to does not depend on what was folded before it. */
import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import type { Expr } from '../../server/src/syntax/python-ast.js'
import { childrenOf } from '../../server/src/syntax/python-children.js'
import { analyse } from './analyse.js'

/** Every expression of the text, folded one after another in the given order. */
async function foldedIn(order: (all: Expr[]) => Expr[], text: string): Promise<Map<string, string>> {
  const analysis = await analyse(text)
  const stack: Expr[] = analysis.calls.map(({ expr }) => expr)
  const all: Expr[] = []
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    all.push(next)
    stack.push(...childrenOf(next))
  }
  const found = new Map<string, string>()
  for (const expr of order(all))
    found.set(`${text.slice(expr.start, expr.end)} at ${expr.start}`, JSON.stringify(analysis.fold(expr)))
  return new Map([...found].sort())
}

async function isSameInAnyOrder(text: string): Promise<void> {
  const forwards = await foldedIn((all) => all, text)
  assert.ok(forwards.size > 5)
  assert.deepEqual(await foldedIn((all) => [...all].reverse(), text), forwards)
  const halves = (all: Expr[]): Expr[] => [...all.slice(all.length / 2), ...all.slice(0, all.length / 2)]
  assert.deepEqual(await foldedIn(halves, text), forwards)
}

describe('folding in any order', () => {
  it('gives long chains the same value', async () => {
    const chain = Array.from({ length: 40 }, (_, index) => `a${index + 1} = a${index} + 1`)
    await isSameInAnyOrder(['a0 = 1', ...chain, 'print(a40, a30, a12)', 'print(a1, a20)'].join('\n'))
  })

  it('gives what the environment decides the same value', async () => {
    await isSameInAnyOrder(
      [
        'import os',
        'def port(given=None):',
        '    kept = os.environ.get("PORT", "")',
        '    given = int(kept) if given is None else given',
        '    os.environ["PORT"] = str(given if given > 0 else port(kept))',
        '    return given',
        'print(port(), os.environ.get("PORT"), os.environ.get("HOST", "localhost"))',
      ].join('\n'),
    )
  })
})
