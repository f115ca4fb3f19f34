/** Every write at every place of awkward code: the result parses, and differs from what was there by the write alone. */
import { strict as assert } from 'node:assert'
import { applyFragmentEdits, isRefusal } from '../../server/src/edit/fragment-edit.js'
import { pythonEdits } from '../../server/src/edit/python.js'
import type { PythonWrite } from '../../server/src/edit/write.js'
import type {
  Argument,
  CallExpr,
  Collection,
  PythonTree,
  Stmt,
  With,
} from '../../server/src/syntax/python-ast.js'
import { nodesOf, parsePython } from './python-parser.js'

const source = `#!/usr/bin/env python
"""Doc, with f(x)."""
import os, sys
from a import (b,  # first
    c)

@decorate(1, key="x")
@plain
class Model(Base, metaclass=Meta):
    """Text
  at another column: f(a,
    """
    field: int = make(0)

    @property
    async def run(self, *args, n=default(), **kwargs) -> Tuple[int, str]:
        # comment
        async with lock(), open("🎉", encoding='utf-8') as (x, y):
            await self.go(*args, n, **kwargs)
        for i, (k, v) in enumerate(zip(a(), b)):  # trailing, (comment
            if k: continue
            elif not v or call(k):
                total += v[1:f(2)]; count = 1
            else:
                raise ValueError(
                    f"bad {k!r:>{width}} {d["k"]} {{}}"
                    "joined"  # why
                ) from None
        return [q(z) for z in range(10) if z], {"a": dict(b=1, **more), **other}

    def long(self): return self.f(
        1,
        2,  # two

        # three is missing
        key = [
            'x',
            'y'
        ],
    )

def g():
    x = lambda a, *b, c=f(): (a, b, c)
    value = call(a)(b, c=d)(
        e) \\
        + other(f, \\
                g=1)
    if (n := len(x(1, ))) > 10: print(n, end=""); done()
    try:
        text = '''one
two {n}
''' + f"""
{compute(
    a, b=2)}
"""
        match text:
            case "a": first(text)
            case _:
                second(text)
    except (A, B) as e:
        pass
    finally:
        items = {1, 2, *rest, }
    while True: pass

total = sum(x for x in values)
empty = []
single = (1,)
nested = [[f(g(h(), k=(1)), ), ], (),
          f(\t# tab
              )]
if __name__ == "__main__": g()
`

const variants: [name: string, text: string][] = [
  ['as written', source],
  ['with Windows line endings', source.replace(/\n/g, '\r\n')],
  ['with tabs', source.replace(/^(?: {4})+/gm, (spaces) => '\t'.repeat(spaces.length / 4))],
  ['without a final line break', source.trimEnd()],
]

/** The tree without its places. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shape)
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value).filter(([key]) => !['start', 'end', 'nameStart'].includes(key))
  return Object.fromEntries(entries.map(([key, item]) => [key, shape(item)]))
}

const place = ({ start, end }: { start: number; end: number }) => ({ fragment: 0, start, end })
const name = (id: string) => ({ type: 'name', start: 0, end: 0, id }) as const

for (const [variant, text] of variants) {
  describe(`edit/python: properties, ${variant}`, () => {
    /**
     * Carries out a write; `expect` makes the same change to the tree itself (and `undo` takes it back). Returns
     * whether it was refused.
     */
    function check(tree: PythonTree, write: PythonWrite, expect: () => void, undo: () => void): boolean {
      const edits = pythonEdits(text, tree, [write])
      if (isRefusal(edits)) return false
      const after = applyFragmentEdits(text, edits)
      const parsed = parsePython(after)
      assert.equal(parsed.hasErrors, false, `${write.kind}:\n${after}`)
      if (text.includes('\r\n')) assert.doesNotMatch(after, /[^\r]\n/, write.kind)
      expect()
      const wanted = shape(tree.body)
      undo()
      assert.deepEqual(shape(parsed.body), wanted, `${write.kind}:\n${after}`)
      return true
    }

    const tree = parsePython(text)
    const nodes = nodesOf(tree)
    const calls = nodes.filter((node) => node.type === 'call') as unknown as CallExpr[]
    const blocks = [tree.body]
    for (const node of nodes as unknown as Record<string, unknown>[]) {
      for (const key of ['body', 'orelse', 'finally']) {
        const block = node[key]
        if (Array.isArray(block) && block.length > 0) blocks.push(block as Stmt[])
      }
    }

    it('parses to begin with', () => {
      assert.equal(tree.hasErrors, false)
      assert.ok(calls.length >= 30 && blocks.length >= 12)
    })

    it('sets a keyword of every call', () => {
      for (const call of calls) {
        const { args } = call
        const added: Argument = { start: 0, end: 0, name: 'zz', star: 0, value: name('new') }
        const at = args.length - [...args].reverse().findIndex((argument) => argument.star !== 2)
        const done = check(
          tree,
          { kind: 'set keyword', call: place(call), name: 'zz', value: 'new' },
          () => args.splice(at > args.length ? 0 : at, 0, added),
          () => args.splice(args.indexOf(added), 1),
        )
        assert.ok(done)
      }
    })

    it('removes every keyword', () => {
      for (const call of calls) {
        for (const [at, argument] of call.args.entries()) {
          if (argument.name === null) continue
          const done = check(
            tree,
            { kind: 'remove keyword', call: place(call), name: argument.name },
            () => call.args.splice(at, 1),
            () => call.args.splice(at, 0, argument),
          )
          assert.ok(done)
        }
      }
    })

    it('appends to every display', () => {
      for (const node of nodes) {
        if (!['list', 'set', 'tuple'].includes(node.type)) continue
        const display = node as unknown as Collection
        const done = check(
          tree,
          { kind: 'append item', list: place(display), value: 'new' },
          () => display.items.push(name('new')),
          () => display.items.pop(),
        )
        assert.ok(done)
      }
    })

    it('wraps every run of statements, or refuses', () => {
      let wrapped = 0
      for (const block of blocks) {
        for (let from = 0; from < block.length; from++) {
          for (let to = from; to < block.length; to++) {
            const inside = block.slice(from, to + 1)
            const context = { ...name('zz'), id: 'zz' }
            const made: With = {
              type: 'with',
              start: 0,
              end: 0,
              items: [{ value: context, target: null }],
              body: inside,
            }
            const done = check(
              tree,
              { kind: 'wrap block', first: place(block[from]!), last: place(block[to]!), header: 'with zz:' },
              () => block.splice(from, inside.length, made),
              () => block.splice(from, 1, ...inside),
            )
            if (done) wrapped++
          }
        }
      }
      assert.ok(wrapped > 50)
    })

    it('inserts beside every statement, or refuses', () => {
      const added = { type: 'expr', start: 0, end: 0, value: name('zz') } as Stmt
      let inserted = 0
      for (const block of blocks) {
        for (const [at, statement] of [...block].entries()) {
          for (const where of ['before', 'after'] as const) {
            const index = where === 'before' ? at : at + 1
            const done = check(
              tree,
              { kind: 'insert lines', where, statement: place(statement), lines: ['zz'] },
              () => block.splice(index, 0, added),
              () => block.splice(index, 1),
            )
            if (done) inserted++
          }
        }
      }
      assert.ok(inserted > 50)
    })

    /** The statement that does nothing without this block: an `if` without calls in its test. */
    function ownerOf(block: Stmt[]): { block: Stmt[]; at: number; owner: Stmt } | null {
      for (const outer of blocks)
        for (const [at, owner] of outer.entries()) {
          if (owner.type !== 'if' || owner.orelse.length > 0 || owner.body !== block) continue
          const test = text.slice(owner.test.start, owner.test.end)
          return test.includes('(') ? null : { block: outer, at, owner }
        }
      return null
    }

    it('removes every statement, or refuses', () => {
      let removed = 0
      for (const block of blocks) {
        for (const [at, statement] of [...block].entries()) {
          const whole = block.length === 1 ? ownerOf(block) : null
          const instead =
            block.length === 1 && block !== tree.body
              ? [{ type: 'pass', children: [] } as unknown as Stmt]
              : []
          const done = check(
            tree,
            { kind: 'remove statement', statement: place(statement) },
            whole === null
              ? () => block.splice(at, 1, ...instead)
              : () => whole.block.splice(whole.block.indexOf(whole.owner), 1),
            whole === null
              ? () => block.splice(at, instead.length, statement)
              : () => whole.block.splice(whole.at, 0, whole.owner),
          )
          if (done) removed++
        }
      }
      assert.ok(removed > 30)
    })
  })
}
