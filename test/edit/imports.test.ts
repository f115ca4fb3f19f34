import { strict as assert } from 'node:assert'
import { applyFragmentEdits, isRefusal, orderEdits } from '../../server/src/edit/fragment-edit.js'
import { nameFor, resolveImports } from '../../server/src/edit/imports.js'
import type { Import } from '../../server/src/edit/write.js'
import type { SourceFragment } from '../../server/src/text/source-fragment.js'
import { parsePython } from './python-parser.js'

const wholeFile = (text: string): SourceFragment => ({
  index: 0,
  language: 'python',
  text,
  segments: [{ start: 0, end: text.length, cell: null, source: 0 }],
  origin: 'file',
})

type Wanted = [module: string, name: string | null, more?: Partial<Import>]

function added(text: string, wanted: Wanted[], before = text.length, fragment = wholeFile(text)): string {
  const imports = wanted.map(([module, name, more]) => ({ path: 'a.py', fragment: 0, module, name, ...more }))
  const edits = resolveImports(parsePython(text), fragment, imports, { start: before, end: before })
  if (isRefusal(edits)) throw new Error(edits.reason)
  const ordered = orderEdits(edits)
  assert.ok(!isRefusal(ordered))
  const result = applyFragmentEdits(text, ordered)
  assert.equal(parsePython(result).hasErrors, false, `does not parse:\n${result}`)
  return result
}

function spelled(text: string, module: string, name: string | null, offset = text.length) {
  const { text: code, import: needed } = nameFor(parsePython(text), module, name, {
    path: 'a.py',
    fragment: 0,
    offset,
  })
  return needed ? [code, `${needed.module} ${needed.name ?? ''}`.trim()] : code
}

describe('edit/imports: nameFor', () => {
  it('uses what the file imports', () => {
    assert.equal(spelled('import torch\n', 'torch', 'autocast'), 'torch.autocast')
    assert.equal(spelled('import torch\n', 'torch', null), 'torch')
    assert.equal(spelled('import torch as t\n', 'torch', 'autocast'), 't.autocast')
    assert.equal(spelled('import torch.nn as nn\n', 'torch.nn', 'DataParallel'), 'nn.DataParallel')
    assert.equal(spelled('from torch import nn\n', 'torch.nn', 'DataParallel'), 'nn.DataParallel')
    assert.equal(
      spelled('from keras.callbacks import EarlyStopping as ES\n', 'keras.callbacks', 'EarlyStopping'),
      'ES',
    )
    assert.equal(spelled('import torch\n', 'torch.nn', 'DataParallel'), 'torch.nn.DataParallel')
    assert.equal(
      spelled('import sklearn.model_selection\n', 'sklearn.model_selection', 'X'),
      'sklearn.model_selection.X',
    )
    assert.equal(spelled('import a\nimport a.b\n', 'a.b', 'X'), 'a.b.X')
    assert.equal(
      spelled('try:\n    import torch\nexcept ImportError:\n    torch = None\n', 'os', null)[0],
      'os',
    )
  })
  it('prefers the shortest spelling', () => {
    assert.equal(spelled('import torch\nfrom torch import autocast\n', 'torch', 'autocast'), 'autocast')
    assert.equal(spelled('import torch\nimport torch.nn as nn\n', 'torch.nn', 'X'), 'nn.X')
  })
  it('names the import that is missing', () => {
    assert.deepEqual(spelled('import os\n', 'torch', 'autocast'), ['autocast', 'torch autocast'])
    assert.deepEqual(spelled('', 'os', null), ['os', 'os'])
    assert.deepEqual(spelled('import sklearn\n', 'sklearn.model_selection', 'X'), [
      'X',
      'sklearn.model_selection X',
    ])
    assert.deepEqual(spelled('from .torch import autocast as a\n', 'torch', 'autocast')[1], 'torch autocast')
  })
  it('does not use a name that the file binds to something else', () => {
    const own = 'class EarlyStopping:\n    pass\n'
    assert.deepEqual(spelled(own, 'keras.callbacks', 'EarlyStopping'), [
      'keras.callbacks.EarlyStopping',
      'keras.callbacks',
    ])
    const other = 'from lightning.pytorch.callbacks import EarlyStopping\n'
    assert.deepEqual(spelled(other, 'keras.callbacks', 'EarlyStopping')[1], 'keras.callbacks')
    assert.deepEqual(spelled('import torch\ntorch = fake\n', 'torch', 'autocast')[1], 'torch autocast')
  })
  it('does not use imports that have not run', () => {
    assert.deepEqual(spelled('if TYPE_CHECKING:\n    import torch\n', 'torch', null), ['torch', 'torch'])
    const inner = 'def f():\n    import torch\n    a = 1\nb = 1\n'
    assert.deepEqual(spelled(inner, 'torch', null), ['torch', 'torch'])
    assert.equal(spelled(inner, 'torch', null, inner.indexOf('a = 1')), 'torch')
    assert.deepEqual(spelled('x = 1\nimport torch\n', 'torch', null, 0), ['torch', 'torch'])
  })
})

describe('edit/imports: resolveImports', () => {
  it('adds nothing that is there', () => {
    assert.equal(added('import torch\n', [['torch', null]]), 'import torch\n')
    assert.equal(added('from a import b, c\n', [['a', 'c']]), 'from a import b, c\n')
  })
  it('stays within a function that brings its own imports, where all that needs it stands', () => {
    const text =
      'import kfp\n\ndef train(path: str):\n    "Packed by itself."\n    import os\n    from transformers import Trainer\n\n    Trainer(path)\n\n\nkfp.pack(train)\n'
    assert.equal(
      added(
        text,
        [
          ['torch', null],
          ['transformers', 'EarlyStoppingCallback'],
        ],
        text.indexOf('Trainer(path)'),
      ),
      text.replace(
        '    from transformers import Trainer\n',
        '    import torch\n    from transformers import Trainer, EarlyStoppingCallback\n',
      ),
    )
    assert.equal(added(text, [['torch', null]]), `import torch\n\n${text}`)
    const lazy = 'import kfp\n\ndef train(path):\n    import os\n    os.stat(path)\n    fit(path)\n'
    assert.equal(added(lazy, [['torch', null]], lazy.indexOf('fit(')), `import torch\n\n${lazy}`)
  })
  it('goes behind the imports of the same package, else behind the last import', () => {
    const text = 'import os\nimport torch  # cuda\nimport numpy as np\n\nx = 1\n'
    assert.equal(
      added(text, [['torch.distributed', null]]),
      'import os\nimport torch  # cuda\nimport torch.distributed\nimport numpy as np\n\nx = 1\n',
    )
    assert.equal(
      added(text, [['keras', 'Model']]),
      text.replace('as np\n', 'as np\nfrom keras import Model\n'),
    )
    assert.equal(
      added(text, [
        ['keras', 'Model'],
        ['ray', null],
      ]),
      text.replace('as np\n', 'as np\nfrom keras import Model\nimport ray\n'),
    )
  })
  it('joins an import of the same module', () => {
    assert.equal(added('from a import b  # x\n', [['a', 'c']]), 'from a import b, c  # x\n')
    assert.equal(
      added('from a import b as d\n', [
        ['a', 'c'],
        ['a', 'e'],
      ]),
      'from a import b as d, c, e\n',
    )
    assert.equal(added('from a import (b, c)\n', [['a', 'd']]), 'from a import (b, c, d)\n')
    assert.equal(
      added('from a import (\n  b,\n  c,\n)\n', [['a', 'd']]),
      'from a import (\n  b,\n  c,\n  d,\n)\n',
    )
    assert.equal(
      added('from a import (\n    b,\n    c  # x\n)\n', [['a', 'd']]),
      'from a import (\n    b,\n    c,  # x\n    d\n)\n',
    )
    assert.equal(
      added('from a import b, \\\n    c, \\\n    d\n', [['a', 'e']]),
      'from a import b, \\\n    c, \\\n    d, e\n',
    )
    assert.equal(added('from a import *\n', [['a', 'c']]), 'from a import *\nfrom a import c\n')
    assert.equal(added('from .a import b\n', [['a', 'c']]), 'from .a import b\nfrom a import c\n')
    const long = `from a import ${'b'.repeat(90)}\n`
    assert.equal(added(long, [['a', 'c']]), `${long}from a import c\n`)
  })
  it('does not use guarded imports as a place', () => {
    const text =
      'import os\ntry:\n    import torch\nexcept ImportError:\n    torch = None\nif TYPE_CHECKING:\n    from torch import nn\nx = 1\n'
    assert.equal(
      added(text, [['torch', 'nn']]),
      text.replace('import os\n', 'import os\nfrom torch import nn\n'),
    )
    assert.equal(added('import a; x = 1\n', [['b', null]]), 'import b\n\nimport a; x = 1\n')
  })
  it('puts a switch before the first import of its package', () => {
    const wanted: Wanted[] = [
      ['sklearn.model_selection', 'HalvingGridSearchCV'],
      ['sklearn.experimental', 'enable_halving_search_cv', { first: true, comment: 'noqa: F401' }],
    ]
    assert.equal(
      added(
        'import os\nfrom sklearn.svm import SVC\nfrom sklearn.model_selection import GridSearchCV\n',
        wanted,
      ),
      'import os\nfrom sklearn.experimental import enable_halving_search_cv  # noqa: F401\nfrom sklearn.svm import SVC\nfrom sklearn.model_selection import GridSearchCV, HalvingGridSearchCV\n',
    )
    assert.equal(
      added('import os\n', wanted),
      'import os\nfrom sklearn.experimental import enable_halving_search_cv  # noqa: F401\nfrom sklearn.model_selection import HalvingGridSearchCV\n',
    )
  })
  it('keeps behind docstring, __future__, shebang, coding line and licence', () => {
    const os: Wanted[] = [['os', null]]
    assert.equal(added('"""Doc."""\n\nx = 1\n', os), '"""Doc."""\n\nimport os\n\nx = 1\n')
    assert.equal(
      added('from __future__ import annotations\nx = 1\n', os),
      'from __future__ import annotations\n\nimport os\nx = 1\n',
    )
    assert.equal(
      added('#!/usr/bin/env python\n# -*- coding: utf-8 -*-\nx = 1\n', os),
      '#!/usr/bin/env python\n# -*- coding: utf-8 -*-\nimport os\n\nx = 1\n',
    )
    assert.equal(added('# Licence\n# text\n\nx = 1\n', os), '# Licence\n# text\n\nimport os\n\nx = 1\n')
    assert.equal(added('# about x\nx = 1\n', os), 'import os\n\n# about x\nx = 1\n')
    assert.equal(added('# %%\nx = 1\n', os), '# %%\nimport os\n\nx = 1\n')
    assert.equal(added('x = 1\r\n', os), 'import os\r\n\r\nx = 1\r\n')
    assert.equal(added('', os), 'import os\n')
  })
  it('keeps the order of sorted imports and names', () => {
    const os: Wanted[] = [['os', null]]
    assert.equal(
      added('import hashlib\nfrom dataclasses import dataclass\nfrom typing import Any\n', os),
      'import hashlib\nimport os\nfrom dataclasses import dataclass\nfrom typing import Any\n',
    )
    assert.equal(
      added('from dataclasses import dataclass\nimport hashlib\nfrom typing import Any\n', os),
      'from dataclasses import dataclass\nimport hashlib\nimport os\nfrom typing import Any\n',
    )
    assert.equal(
      added('import sys\nimport argparse\nimport math\n', os),
      'import sys\nimport argparse\nimport math\nimport os\n',
    )
    const stopping: Wanted[] = [['transformers', 'EarlyStoppingCallback']]
    assert.equal(
      added('from transformers import (\n    AutoModel,\n    Trainer,\n    set_seed,\n)\n', stopping),
      'from transformers import (\n    AutoModel,\n    EarlyStoppingCallback,\n    Trainer,\n    set_seed,\n)\n',
    )
    assert.equal(
      added('from transformers import AutoModel, Trainer\n', stopping),
      'from transformers import AutoModel, EarlyStoppingCallback, Trainer\n',
    )
    assert.equal(
      added('from transformers import Trainer, AutoModel\n', stopping),
      'from transformers import Trainer, AutoModel, EarlyStoppingCallback\n',
    )
  })
  it('keeps the groups of isort: the standard library, packages, the project', () => {
    const os: Wanted[] = [['os', null]]
    const torch: Wanted[] = [['torch', null]]
    assert.equal(
      added('import sys\n\nimport torch\n\nfrom net import Net\n', os),
      'import os\nimport sys\n\nimport torch\n\nfrom net import Net\n',
    )
    assert.equal(
      added('import torch\n\nfrom net import Net\n', os),
      'import os\n\nimport torch\n\nfrom net import Net\n',
    )
    assert.equal(
      added('import numpy\n\nfrom .net import Net\n', torch),
      'import numpy\nimport torch\n\nfrom .net import Net\n',
    )
    assert.equal(
      added('import sys\n\nfrom net import Net\n', torch),
      'import sys\n\nimport torch\n\nfrom net import Net\n',
    )
  })
  it('stays before the code that uses it', () => {
    const text = 'import os\nf()\nimport sys\n'
    assert.equal(added(text, [['re', null]], text.indexOf('f()')), 'import os\nimport re\nf()\nimport sys\n')
    assert.equal(added('f()\nimport sys\n', [['re', null]], 0), 'import re\n\nf()\nimport sys\n')
  })
  it('goes into the cell of a notebook that imports the framework, else into the cell that uses it', () => {
    const cells = ['#pip install x\nx = 0', 'import torch\nimport os', 'import numpy\ny = 1\nz = 2']
    const text = cells.join('\n')
    let start = 0
    const segments = cells.map((cell, i) => {
      const segment = { start, end: start + cell.length, cell: i, source: 0 }
      start += cell.length + 1
      return segment
    })
    const fragment: SourceFragment = { index: 0, language: 'python', text, segments, origin: 'notebook' }
    assert.equal(
      added(text, [['torch.distributed', null]], text.length, fragment),
      text.replace('import torch\n', 'import torch\nimport torch.distributed\n'),
    )
    const use = text.indexOf('x = 0')
    assert.equal(added(text, [['re', null]], use, fragment), text.replace('x = 0', 'import re\n\nx = 0'))
  })
})
