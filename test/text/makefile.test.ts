import assert from 'node:assert/strict'
import { maskMakefile } from '../../server/src/text/makefile.js'

const shown = (text: string) => {
  const masked = maskMakefile(text)
  assert.equal(masked.length, text.length)
  return masked.split('\n').map((line) => line.trim())
}

describe('Makefiles', () => {
  it('are their recipes, without what only make understands', () => {
    const text =
      'train: data.csv\n\t@torchrun --nproc_per_node=$(GPUS) \\\n\t  train.py --lr $(LR)\n\t-rm -f out\n\nclean:\n\trm $$HOME/x\n'
    assert.deepEqual(shown(text), [
      '',
      'torchrun --nproc_per_node=${GPUS} \\',
      'train.py --lr ${LR}',
      'rm -f out',
      '',
      '',
      'rm  $HOME/x',
      '',
    ])
  })

  it('give simple variables, whether they may be replaced or not', () => {
    assert.deepEqual(
      shown(
        'GPUS ?= 8\nIMAGE := a/$(NAME):1\nexport LR = 1e-4 # rate\nNAMES := a b\nX = "q"\nD := $(shell date)\nLONG := a \\\n  b\n',
      ),
      ['GPUS=8', 'IMAGE=a/${NAME}:1', 'LR=1e-4', 'NAMES="a b"', '', '', '', '', ''],
    )
  })

  it('may have carriage returns within lines and at the end', () => {
    assert.deepEqual(shown('A = 1\rB\ntrain:\r\n\tpython a.py\rpython b.py\r\n\tls\r'), [
      '',
      '',
      'python a.py\rpython b.py',
      'ls',
    ])
  })

  it('keep comments, and the ends of lines', () => {
    assert.equal(
      maskMakefile('# costlint: ignore\r\nall:\r\n\tls\r\n'),
      '# costlint: ignore\r\n    \r\n ls\r\n',
    )
  })
})
