// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the shell writes variables like this
import assert from 'node:assert/strict'
import { grammarFiles } from '../../server/src/host/node/grammar-files.js'
import { type Grammars, loadGrammars } from '../../server/src/syntax/parser.js'
import { pythonTree } from '../../server/src/syntax/python-tree.js'
import { maskCell, maskPythonFile } from '../../server/src/text/magics.js'

let grammars: Grammars

before(async () => {
  grammars = await loadGrammars(await grammarFiles())
})

/** Masks a cell, checks what holds for every cell, and returns the masked text and the embedded ones. */
function mask(text: string): [string, ...string[]] {
  const masked = maskCell(text)
  assert.equal(masked.text.length, text.length, 'equal length')
  assert.equal(masked.text.replace(/[^\r\n]/g, ''), text.replace(/[^\r\n]/g, ''), 'same lines')
  for (const one of masked.embedded) {
    for (const piece of one.pieces) {
      assert.equal(piece.text.length, piece.end - piece.start)
      // Values that IPython puts in are the only thing that may differ.
      const source = text.slice(piece.start, piece.end)
      if (!source.includes('{lr}')) assert.equal(piece.text, source)
    }
  }
  assert.equal(pythonTree(masked.text, grammars).hasErrors, false, `parses: ${masked.text}`)
  const name = (target?: string) => (target === undefined ? '' : ` ${target}`)
  return [
    masked.text,
    ...masked.embedded.map(
      (one) => `${one.language}${name(one.target)}: ${one.pieces.map((piece) => piece.text).join('')}`,
    ),
  ]
}

describe('text/magics: cells', () => {
  it('leaves plain Python alone', () => {
    const text = 'x = 5 % 3\nif a != b:\n    print("%d" % x)\n'
    assert.deepEqual(mask(text), [text])
  })
  it('masks line magics and reads commands', () => {
    assert.deepEqual(mask('%matplotlib inline\n!torchrun train.py --lr 1\nx = 1'), [
      '#matplotlib inline\n#torchrun train.py --lr 1\nx = 1',
      'shell: torchrun train.py --lr 1\n',
    ])
    assert.deepEqual(mask('if x:\n    !ls -l\n    y = 1'), ['if x:\n    #ls -l\n    y = 1', 'shell: ls -l\n'])
    assert.deepEqual(mask('%pip install torch==2.1\r\nx = 1'), [
      '#pip install torch==2.1\r\nx = 1',
      'shell: pip install torch==2.1\r\n',
    ])
    assert.deepEqual(mask('x = 1\n%sh nvidia-smi'), ['x = 1\n#sh nvidia-smi', 'shell:  nvidia-smi'])
    assert.deepEqual(mask('!!date'), ['#!date', 'shell: date'])
  })
  it('follows backslashes in commands', () => {
    assert.deepEqual(mask('!accelerate launch \\\n    train.py \\\n  --x 1\ny = 2'), [
      '#accelerate launch \\\n    #rain.py \\\n  #-x 1\ny = 2',
      'shell: accelerate launch \\\n    train.py \\\n  --x 1\n',
    ])
  })
  it('makes variables of Python values in commands', () => {
    assert.deepEqual(mask('!train --lr {lr} --n {cfg.n[0]} ${HOME} {a,b} \\{x}'), [
      '#train --lr {lr} --n {cfg.n[0]} ${HOME} {a,b} \\{x}',
      'shell: train --lr $lr_ --n $cfg_n_0__ ${HOME} {a,b} \\{x}',
    ])
  })
  it('keeps assignments of commands as Python without a value', () => {
    assert.deepEqual(mask('files = !ls *.csv\nn = len(files)'), [
      'files = ... #.csv\nn = len(files)',
      'shell: ls *.csv\n',
    ])
    assert.deepEqual(mask('a = !w'), ['a = __', 'shell: w'])
    assert.deepEqual(mask('a, b = %magic f(x)\n'), ['a, b = ...#ic f(x)\n'])
    assert.deepEqual(mask('a = !ls \\\n  -l\nb = 1'), ['a = ... #\n  #l\nb = 1', 'shell: ls \\\n  -l\n'])
  })
  it('keeps statements that are only measured', () => {
    assert.deepEqual(mask('%time trainer.fit(model)\n'), ['0;    trainer.fit(model)\n'])
    assert.deepEqual(mask('%time h = model.fit(\n  x,\n)\n!ls'), [
      '0;    h = model.fit(\n  x,\n)\n#ls',
      'shell: ls',
    ])
    assert.deepEqual(mask('%timeit -n 10 -r 3 f(x)'), ['0;                 f(x)'])
    assert.deepEqual(mask('%time for x in y: f(x)'), ['#time for x in y: f(x)'])
    assert.deepEqual(mask('%time'), ['#time'])
    assert.deepEqual(mask('if x:\n    %time f(x)\n'), ['if x:\n    0;    f(x)\n'])
  })
  it('keeps what a magic gives back or runs', () => {
    assert.deepEqual(mask('h = %time model.fit(\n  x,\n)\ny = 1'), ['h =       model.fit(\n  x,\n)\ny = 1'])
    assert.deepEqual(mask('t = %timeit -o f(x)'), ['t = ...or      f(x)'])
    assert.deepEqual(mask('t = %prun f(x)'), ['t = ...or f(x)'])
    assert.deepEqual(mask('x = %env HOME'), ['x = ...# HOME'])
  })
  it('masks questions', () => {
    assert.deepEqual(mask('model.fit?\n??nn\nx[0]?\na = 1'), ['#odel.fit?\n#?nn\n#[0]?\na = 1'])
  })
  it('does not touch strings, brackets and continued lines', () => {
    for (const text of [
      's = """\n%time\n!ls\n"""',
      'x = ("a"\n% y,\n)',
      'x = a \\\n% b',
      "d = f('''\n!x\n''')\n",
      "y = 'it\\'s' # (\nz = 1",
    ]) {
      assert.deepEqual(mask(text), [text])
    }
  })
  it('masks only the first line of magics around Python', () => {
    assert.deepEqual(mask('\n# note\n%%time\n%%capture out\nmodel.fit(x)\n!ls'), [
      '\n# note\n#%time\n#%capture out\nmodel.fit(x)\n#ls',
      'shell: ls',
    ])
  })
  it('reads shell cells', () => {
    for (const first of ['%%bash', '%%sh', '%%script bash', '%%script --bg /bin/sh', '%%!']) {
      assert.deepEqual(mask(`${first}\ntorchrun {a} train.py\n\n  x`), [
        `#${first.slice(1)}\n#orchrun {a} train.py\n\n  #`,
        'shell: torchrun {a} train.py\n\n  x',
      ])
    }
    assert.deepEqual(mask('%sh\npip install x'), ['#sh\n#ip install x', 'shell: \npip install x'])
    assert.deepEqual(mask('%%bash'), ['#%bash'])
  })
  it('reads written files in the language of their name', () => {
    assert.deepEqual(mask('%%writefile src/train.py\nimport torch\n'), [
      '#%writefile src/train.py\n#mport torch\n',
      'python src/train.py: import torch\n',
    ])
    assert.deepEqual(mask('%%writefile -a ds.json\n{}'), ['#%writefile -a ds.json\n#}', 'json ds.json: {}'])
    assert.deepEqual(mask('%%file job\n#!/bin/bash\nls'), [
      '#%file job\n#!/bin/bash\n#s',
      'shell job: #!/bin/bash\nls',
    ])
    assert.deepEqual(mask('%%writefile notes.txt\nhello'), ['#%writefile notes.txt\n#ello'])
  })
  it('masks cells in other languages', () => {
    assert.deepEqual(mask('%%html\n<b>x</b>'), ['#%html\n#b>x</b>'])
    assert.deepEqual(mask('%md\n# Title\ntext'), ['#md\n# Title\n#ext'])
    assert.deepEqual(mask('%sql\nselect 1'), ['#sql\n#elect 1'])
    assert.deepEqual(mask('%sql select 1\nx = 1'), ['#sql select 1\nx = 1'])
    assert.deepEqual(mask('%python\nx = 1'), ['#python\nx = 1'])
  })
})

describe('text/magics: files', () => {
  it('masks nothing in plain files', () => {
    const text = '"""\n!x\n"""\nx = 1\n'
    assert.deepEqual(maskPythonFile(text), { text, embedded: [] })
    assert.equal(maskPythonFile('!ls\n').text, '!ls\n')
  })
  it('masks percent files cell by cell', () => {
    const text = '# %%\nx = (1,\n# %% second\n!torchrun a.py\n%load_ext x\n# %%\n%%bash\nls\n'
    const masked = maskPythonFile(text)
    assert.equal(masked.text, '# %%\nx = (1,\n# %% second\n#torchrun a.py\n#load_ext x\n# %%\n#%bash\n#s\n')
    assert.deepEqual(
      masked.embedded.map((one) => one.pieces.map((piece) => text.slice(piece.start, piece.end)).join('')),
      ['torchrun a.py\n', 'ls\n'],
    )
  })
  it('masks downloads from Colab', () => {
    const text = '"""train.ipynb\n\nAutomatically generated by Colab.\n"""\n!pip install x\n'
    assert.equal(maskPythonFile(text).text, text.replace('!', '#'))
  })
  it('reads the comments of Databricks files', () => {
    const text =
      '# Databricks notebook source\n# MAGIC %md\n# MAGIC !no\n\n# COMMAND ----------\n# MAGIC %sh\n# MAGIC torchrun a.py \\\n# MAGIC   --x 1\n\n# COMMAND ----------\n# MAGIC %pip install torch==2.0\nx = 1\n'
    const masked = maskPythonFile(text)
    assert.equal(masked.text, text)
    assert.deepEqual(
      masked.embedded.map((one) => one.pieces.map((piece) => piece.text).join('')),
      ['\ntorchrun a.py \\\n  --x 1\n', 'pip install torch==2.0\n'],
    )
    for (const one of masked.embedded)
      for (const piece of one.pieces) assert.equal(text.slice(piece.start, piece.end), piece.text)
  })
})
