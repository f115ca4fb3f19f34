/** Nothing is folded before all calls and arguments of the module are known. */
import assert from 'node:assert/strict'
import { createNodeHost } from '../../server/src/host/node/host.js'
import { Analysis } from '../../server/src/python/analysis.js'
import { loadGrammars } from '../../server/src/syntax/parser.js'
import { pythonTree } from '../../server/src/syntax/python-tree.js'

const grammars = createNodeHost()
  .grammarSource()
  .then((source) => loadGrammars(source, ['python']))

async function analyse(text: string): Promise<Analysis> {
  return new Analysis('train.py', text, pythonTree(text, await grammars), false).describe()
}

describe('an item of a literal whose key is not known yet', () => {
  it('may be chosen by an option of the program', async () => {
    const analysis = await analyse(`
import argparse
models = {'small': make_small(), 'large': make_large()}
parser = argparse.ArgumentParser()
parser.add_argument('--model', default='small')
args = parser.parse_args()
models[args.model].fit()
`)
    const fit = analysis.methodCalls('fit')[0]!
    assert.ok(fit.expr.callee.type === 'attribute')
    const made = analysis.callOf(fit.expr.callee.value)
    assert.equal(made?.method, 'make_small')
  })

  it('may be chosen by a parameter that a later call gives another value', async () => {
    const analysis = await analyse(`
models = {'small': 1, 'large': 2}
def run(kind):
    models[kind].fit()
    return kind
run('small')
run('large')
`)
    const returned = analysis.functions[0]!.node.body[1]!
    assert.ok(returned.type === 'return' && returned.value !== null)
    assert.equal(analysis.fold(returned.value).state, 'unknown')
  })
})
