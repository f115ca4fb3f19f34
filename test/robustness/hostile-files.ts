/** Files that a linter meets and would rather not: made here, because most of them cannot be kept in a repository. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Random } from './random.js'
import { search, training } from './sources.js'

export interface Hostile {
  name: string
  /** Name of the file to content, or what makes it in a folder. */
  files: Record<string, string | Uint8Array | ((path: string) => void)>
  /** The one message each that is due, by file. */
  errors?: Record<string, RegExp>
  /** Findings of `search/grid-search` that are still seen, by file: the text that they point to. */
  finds?: Record<string, string>
}

const call = 'GridSearchCV'

const random = new Random(1)
const noise = (length: number) => Uint8Array.from({ length }, () => random.below(256))
const bytes = (text: string) => new TextEncoder().encode(text)
const join_ = (...pieces: Uint8Array[]) => Uint8Array.from(Buffer.concat(pieces))
const nested = (open: string, close: string, depth = 10_000) => open.repeat(depth) + close.repeat(depth)

function utf16(text: string, bigEndian = false): Uint8Array {
  const encoded = Buffer.from(`\ufeff${text}`, 'utf16le')
  return Uint8Array.from(bigEndian ? encoded.swap16() : encoded)
}

/** Characters beyond ASCII, some of two UTF-16 units and one with a combining mark, before the call on its line. */
const decorated = search.replace('search = GridSearchCV', 'é, e\u0301, s = "😀🏳️‍🌈", "数据", GridSearchCV')

export const notebook = (source: string[]) =>
  JSON.stringify({
    cells: [{ cell_type: 'code', execution_count: null, metadata: {}, outputs: [], source }],
    metadata: {},
    nbformat: 4,
    nbformat_minor: 5,
  })
const lines = search.split(/(?<=\n)/)

export const hostileFiles: Hostile[] = [
  {
    name: 'syntax errors',
    files: {
      'x.py': `${search}\ndef (:\n  x = = 1\n]]]} 'open\n`,
      'y.py': `import sklearn\nif x =\n${search}`,
    },
    finds: { 'x.py': call, 'y.py': call },
  },
  {
    name: 'Python 2',
    files: {
      'x.py': `import sys\nprint "hello", 0777, \`x\`, ur"x", 10L\nexec "x" in d\ntry:\n  raise E, "m"\nexcept E, e:\n  print >>sys.stderr, e\n${search}`,
    },
    finds: { 'x.py': call },
  },
  {
    name: 'tabs and blanks mixed',
    files: { 'x.py': search.replace('search = ', 'if 1:\n        pass\n\tx = 1\nif 1:\n\tsearch = ') },
    finds: { 'x.py': call },
  },
  {
    name: 'a Python file of 5 MB',
    files: { 'x.py': `${search}${'x = [1, 2, 3]  # a comment\n'.repeat(200_000)}` },
    errors: { 'x.py': /./ },
  },
  {
    name: 'one line of 3 MB',
    files: {
      'x.py': `${search}x = [${'1, '.repeat(300_000)}]\n`,
      'y.py': `${search}x = "${'a'.repeat(900_000)}"\n`,
    },
    finds: { 'x.py': call, 'y.py': call },
  },
  {
    name: 'binaries with the names of text',
    files: {
      'x.py': join_(bytes('sklearn GridSearchCV torch\n\0'), noise(30_000)),
      'x.yaml': join_(bytes('kind: Job # nvidia.com/gpu\n\0'), noise(30_000)),
      'x.ipynb': join_(bytes('{"cells": "torch\0'), noise(30_000)),
      'x.sh': join_(bytes('torchrun python \0'), noise(30_000)),
      'costlint.toml': join_(bytes('ignore\0'), noise(300)),
    },
    errors: {
      'x.py': /binary/,
      'x.yaml': /binary/,
      'x.ipynb': /binary/,
      'x.sh': /binary/,
      'costlint.toml': /binary/,
    },
  },
  {
    name: 'UTF-16',
    files: {
      'x.py': utf16(decorated),
      'y.py': utf16(decorated, true),
      'z.py': utf16(search.replaceAll('\n', '\r\n')),
    },
    finds: { 'x.py': call, 'y.py': call, 'z.py': call },
  },
  {
    name: 'Latin-1, named and not',
    files: {
      'x.py': Buffer.from(
        `# -*- coding: latin-1 -*-\n${search.replace('search =', 'é = "ü"; search =')}`,
        'latin1',
      ),
      'y.py': Buffer.from(`# caf\u00e9\n${search}`, 'latin1'),
    },
    errors: { 'y.py': /not valid UTF-8/ },
    finds: { 'x.py': call },
  },
  {
    name: 'byte-order mark, CRLF, lone CR, tabs, emoji',
    files: {
      'x.py': `\ufeff${search}`,
      'y.py': search.replaceAll('\n', '\r\n'),
      'cr.py': search.replaceAll('\n', '\r'),
      'z.py': decorated,
      'form-feed.py': search.replace('\n\n', '\n\f\n'),
      'no-newline.py': search.slice(0, search.indexOf('\nsearch.fit')),
    },
    finds: { 'x.py': call, 'y.py': call, 'z.py': call, 'form-feed.py': call, 'no-newline.py': call },
  },
  {
    name: 'broken notebooks',
    files: {
      'cut.ipynb': notebook(lines).slice(0, -40),
      'early.ipynb': '{"cells": [{"cell_type": "code", "source": ["import sklearn\\n", "x',
      'text.ipynb': 'this is no JSON, import sklearn',
      'list.ipynb': '["sklearn", "torch"]',
      'format3.ipynb': '{"worksheets": [{"cells": [{"input": "import sklearn"}]}], "nbformat": 3}',
      'odd.ipynb':
        '{"cells": [null, 1, [], {"source": {"sklearn": 1}}, {"cell_type": "code"}], "nbformat": "x"}',
    },
    errors: {
      'cut.ipynb': /broken notebook JSON/,
      'early.ipynb': /broken notebook JSON/,
      'text.ipynb': /broken notebook JSON/,
      'list.ipynb': /not a notebook/,
      'format3.ipynb': /format 3/,
    },
  },
  {
    name: '10,000 nested brackets',
    files: {
      'x.py': `${search}x = ${nested('[', ']')}\n`,
      'open.py': `${search}x = ${'{('.repeat(10_000)}\n`,
      'calls.py': `${search}x = ${nested('f(', ')')}\n`,
      'chain.py': `${search}x = a${'.b(1)'.repeat(10_000)}\n`,
      'sum.py': `${search}x = ${'1 + '.repeat(10_000)}1\n`,
      'not.py': `${search}x = ${'not '.repeat(10_000)}1\n`,
      'lambda.py': `${search}x = ${'lambda: '.repeat(10_000)}1\n`,
      'if.py': `${search}x = ${'1 if a else '.repeat(10_000)}1\n`,
      'blocks.py': `${search}${Array.from({ length: 300 }, (_, depth) => `${' '.repeat(depth)}if x:\n`).join('')}`,
      'elif.py': `${search}if x: pass\n${'elif x: pass\n'.repeat(10_000)}`,
      'string.py': `${search}x = ${'f"{'.repeat(2_000)}\n`,
      'x.yaml': `kind: Job\nx: ${nested('[', ']')} # nvidia.com/gpu\n`,
      'deep.yaml': `${Array.from({ length: 2_000 }, (_, depth) => `${' '.repeat(depth)}spec:\n`).join('')} # kind: Job\n`,
      'x.json': `${'{"method":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
      'x.sh': `torchrun train.py ${nested('$(', ')')}\n${'if true; then '.repeat(10_000)}python train.py\n`,
      'braces.sh': `python train.py ${'${x:-'.repeat(10_000)}\n${'{1,2}'.repeat(3_000)}\n`,
      'x.toml': `costlint = ${nested('[', ']')}\n`,
      'x.ipynb': `{"metadata": ${nested('[', ']')}, "cells": [{"source": "import torch, sklearn"}]}`,
      'x.tf': `resource "a" "b" { x = ${nested('[', ']')} }\n`,
    },
    finds: { 'blocks.py': call, 'elif.py': call },
  },
  {
    name: 'a pipeline that the parser gives up',
    files: { 'x.sh': `torchrun train.py ${'a|'.repeat(20_000)}\n`, 'y.sh': 'torchrun train.py\n' },
    errors: { 'x.sh': /^a pipeline of more than 10000 commands$/ },
  },
  {
    name: 'YAML that unfolds a billion times',
    files: {
      'x.yaml': `kind: Job # nvidia.com/gpu\na0: &a0 [x, x, x]\n${Array.from({ length: 30 }, (_, at) => `a${at + 1}: &a${at + 1} [${Array(9).fill(`*a${at}`).join(', ')}]\n`).join('')}spec: *a30\n`,
      'merge.yaml': `kind: Job # nvidia.com/gpu\na0: &a0 {x: 1}\n${Array.from({ length: 30 }, (_, at) => `a${at + 1}: &a${at + 1} {<<: [*a${at}, *a${at}], y${at}: *a${at}}\n`).join('')}spec: *a30\n`,
      'self.yaml': 'kind: Job\nspec: &s\n  template: *s\n  <<: *s\n  nvidia.com/gpu: [*s, *none]\n',
      'many.yaml': 'kind: Job\nspec: {nvidia.com/gpu: 1}\n---\n'.repeat(3_000),
    },
  },
  {
    name: 'JSON of 3 MB',
    files: {
      'x.json': JSON.stringify({
        method: 'grid',
        rows: Array.from({ length: 60_000 }, (_, id) => ({ id, text: 'torch sklearn program parameters' })),
      }),
      'x.ipynb': notebook([...lines, `# ${'x'.repeat(3_000_000)}`]),
    },
  },
  {
    name: 'blanks, Chinese characters and quotes in paths',
    files: {
      '数据 科学/o\'brien "x" #1 100%.py': search,
      'ü/é/[x]{y}*?.py': search,
      '-n.py': search,
      '$HOME`x`.py': search,
    },
    finds: {
      '数据 科学/o\'brien "x" #1 100%.py': call,
      'ü/é/[x]{y}*?.py': call,
      '-n.py': call,
      '$HOME`x`.py': call,
    },
  },
  {
    name: 'links in a loop, to nowhere and outside',
    files: {
      loop: (path) => symlinkSync('.', path),
      'a/b/up': (path) => symlinkSync('../..', path),
      'itself.py': (path) => symlinkSync('itself.py', path),
      there: (path) => symlinkSync('back', path),
      back: (path) => symlinkSync('there', path),
      'gone.py': (path) => symlinkSync('nowhere.py', path),
      'outside.py': (path) => symlinkSync('/etc/passwd', path),
      'real.py': search,
      'again.py': (path) => symlinkSync('real.py', path),
    },
    finds: { 'real.py': call },
  },
  {
    name: 'what has the name of a file and is none',
    files: {
      'folder.py': (path) => mkdirSync(join(path, 'folder.ipynb'), { recursive: true }),
      'pipe.py': (path) => void execFileSync('mkfifo', [path]),
      'pyproject.toml': (path) => mkdirSync(path),
      '.gitignore': (path) => mkdirSync(path),
      'zero.py': '',
      'zero.ipynb': '',
      'blank.yaml': ' \n\t\n',
    },
  },
  {
    name: 'scripts that import and launch each other in a circle',
    files: {
      'a.py': `import torch\nfrom b import *\nfrom b import x as y\nimport c\n${search}`,
      'b.py': 'import torch\nfrom a import *\nfrom c import x\nfrom b import x\n',
      'c/__init__.py': 'import torch\nfrom . import *\nfrom .c import x\nfrom ..a import y\n',
      'c/c.py':
        'import torch\nfrom . import c\nfrom .. import *\nclass A(B): pass\nclass B(A): pass\nx = x\ny = z\nz = y\n',
      'a.sh': '#!/bin/bash\nbash b.sh\npython a.py\nsource ./a.sh\n',
      'b.sh': '#!/bin/bash\nbash a.sh\nsh b.sh\ntorchrun --nproc_per_node 4 a.py\n',
    },
    finds: { 'a.py': call },
  },
  {
    name: 'ten thousand cells and commands',
    files: {
      'commands.ipynb': notebook(['import torch\n', ...Array<string>(5_000).fill('!python train.py\n')]),
      'cells.ipynb': JSON.stringify({
        cells: Array(10_000).fill({ cell_type: 'code', source: 'import torch\n' }),
      }),
      'options.sh': `torchrun train.py ${'--x 1 '.repeat(30_000)}\n`,
      'lines.sh': `${'python train.py --x 1\n'.repeat(5_000)}`,
    },
    errors: { 'commands.ipynb': /only the first/ },
  },
  {
    name: 'ten thousand functions, loops and names',
    files: {
      'functions.py': `import torch\n${Array.from({ length: 10_000 }, (_, at) => `def f${at}(x): return f${at + 1}(x)\n`).join('')}`,
      'loops.py': `import torch\n${'for x in loader: loss.backward()\n'.repeat(5_000)}`,
      'names.py': `import torch\n${Array.from({ length: 10_000 }, (_, at) => `x${at + 1} = x${at} + x${at}\n`).join('')}`,
      'power.py':
        'import sklearn\nx = 9 ** 9 ** 9 ** 9\ny = "a" * 10 ** 12\nz = [0] * 10 ** 12\nw = 1 << 10 ** 9\nv = range(10 ** 18)\nu = list(range(10 ** 15))\n',
      'directives.py': `import sklearn\n${'x = 1  # costlint: ignore[search/grid-search]\n'.repeat(300)}`,
    },
  },
]

/** Writes the files of a case. */
export function writeHostile(folder: string, { files }: Hostile): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    if (typeof content === 'function') content(path)
    else writeFileSync(path, content)
  }
}

/** A project beside which hostile files may lie: it must be judged as if they did not. */
export const good = { 'good.py': search, 'also/train.py': training }
