import assert from 'node:assert/strict'
import { grammarFiles, readGrammar } from '../../server/src/host/node/grammar-files.js'
import { Grammars, IncrementalParser, loadGrammars } from '../../server/src/syntax/parser.js'
import { pythonTree } from '../../server/src/syntax/python-tree.js'
import { textChange } from '../../server/src/syntax/text-change.js'

describe('syntax/parser', () => {
  it('loads every grammar and parses with it', async () => {
    const grammars = await loadGrammars(await grammarFiles(), ['python', 'bash', 'hcl', 'toml'])
    const root = (language: 'python' | 'bash' | 'hcl' | 'toml', text: string) =>
      grammars.parse(language, text, (tree) => `${tree.rootNode.type} ${tree.rootNode.hasError}`).value
    assert.equal(root('python', 'x = 1\n'), 'module false')
    assert.equal(root('bash', 'torchrun train.py "$@"\n'), 'program false')
    assert.equal(root('hcl', 'resource "a" "b" {\n  c = 1\n}\n'), 'config_file false')
    assert.equal(root('toml', '[a]\nb = 1\n'), 'document false')
  })
  it('loads grammars later, and says when one is missing', async () => {
    const grammars = await loadGrammars(await grammarFiles(), [])
    assert.equal(grammars.parse('toml', 'a = 1', () => 1).problem, 'the toml grammar is not loaded')
    await grammars.load('toml')
    await grammars.load('toml')
    assert.equal(grammars.isLoaded('toml'), true)
    assert.equal(grammars.parse('toml', 'a = 1', () => 1).value, 1)
  })
  it('rejects damaged grammars with a message', async () => {
    const runtime = await readGrammar('web-tree-sitter')
    await assert.rejects(
      loadGrammars({ runtime, grammar: async () => new Uint8Array([1, 2, 3]) }),
      /^Error: cannot load the python grammar: /,
    )
    await assert.rejects(readGrammar('cobol'), /cannot read the grammar .*cobol\.wasm/)
  })
  it('refuses what is longer than its limit, and stops when time is up', async () => {
    const source = await grammarFiles()
    const small = await loadGrammars(source, ['python'], { characters: 10, milliseconds: 10_000 })
    assert.equal(
      small.parse('python', '12345678901', () => 1).problem,
      'too large: 11 characters, the limit is 10',
    )
    const hurried = await loadGrammars(source, ['python'], { characters: 1e6, milliseconds: -1 })
    assert.equal(
      hurried.parse('python', 'x = 1\n'.repeat(1_000), () => 1).problem,
      'parsing took longer than -1 ms',
    )
    // The parser must not go on with the old text.
    assert.ok(hurried instanceof Grammars)
    assert.equal(hurried.parse('python', '', (tree) => tree.rootNode.childCount).value, 0)
  })
  it('deletes the tree even when the callback throws', async () => {
    const grammars = await loadGrammars(await grammarFiles())
    const kept: { rootNode: unknown }[] = []
    assert.throws(
      () =>
        grammars.parse('python', 'x', (tree) => {
          kept.push(tree)
          throw new Error('mine')
        }),
      /mine/,
    )
    assert.equal((kept[0] as unknown as number[])[0], 0, 'the handle of a deleted tree is zero')
  })
})

describe('syntax/parser: incremental', () => {
  const program = [
    'import torch',
    'from torch import nn  # comment 😀',
    'class Model(nn.Module):',
    '    def __init__(self, width: int = 3):',
    '        self.layer = nn.Linear(width, 10)',
    '    def forward(self, x):',
    '        return self.layer(x)',
    'model = Model(width=5)',
    'for epoch in range(10):',
    '    loss = model(torch.zeros(3))',
    '    loss.backward()',
    'print(f"done {epoch}")',
    '',
  ].join('\n')

  it('finds the smallest change with its positions', () => {
    assert.deepEqual(textChange('ab\ncd\nef', 'ab\ncXX\nYd\nef'), [
      {
        start: 4,
        oldEnd: 4,
        newEnd: 8,
        startPosition: { row: 1, column: 1 },
        oldEndPosition: { row: 1, column: 1 },
        newEndPosition: { row: 2, column: 1 },
      },
    ])
    assert.deepEqual(textChange('same', 'same'), [])
  })

  it('gives the tree of a fresh parse after every edit', async () => {
    const grammars = await loadGrammars(await grammarFiles())
    const parser = new IncrementalParser(grammars)
    let text = program
    // A fixed pseudo-random sequence, so that a failure can be repeated.
    let seed = 7
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2147483648
      return seed % below
    }
    const inserts = ['x = 1\n', '# note\n', '', '😀', ' ', 'f(a=2)\n', '\n']
    for (let round = 0; round < 150; round++) {
      const lines = text.split('\n')
      const at = random(lines.length)
      if (random(3) === 0 && lines.length > 5) lines.splice(at, 1)
      else if (random(2) === 0) lines.splice(at, 0, `y${round} = call(${round})`)
      else lines[at] += `  ${inserts[random(inserts.length)]}`
      text = lines.join('\n')
      const fresh = pythonTree(text, grammars)
      const kept = pythonTree(text, parser)
      // Recovery from errors may depend on the way; trees without errors may not.
      if (!fresh.hasErrors) assert.deepEqual(kept, fresh, JSON.stringify(text))
      if (fresh.hasErrors) text = program
    }
    parser.dispose()
    parser.dispose()
  })

  it('applies given changes, switches language, and goes on after a refusal', async () => {
    const grammars = await loadGrammars(await grammarFiles(), ['python', 'toml'], {
      characters: 50,
      milliseconds: 10_000,
    })
    const parser = new IncrementalParser(grammars)
    const sexp = (tree: { rootNode: { toString(): string } }) => tree.rootNode.toString()
    parser.parse('python', 'x = 1\n', sexp)
    const changed = parser.parse('python', 'x = f(1)\n', sexp, textChange('x = 1\n', 'x = f(1)\n'))
    assert.equal(changed.value, grammars.parse('python', 'x = f(1)\n', sexp).value)
    assert.match(parser.parse('toml', 'x = 1\n', sexp).value ?? '', /^\(document/)
    assert.match(parser.parse('toml', 'x'.repeat(51), sexp).problem ?? '', /^too large/)
    assert.match(parser.parse('toml', 'x = 2\n', sexp).value ?? '', /^\(document/)
    parser.dispose()
  })
})
