import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { type Insertion, suppressFile, suppressLine } from '../../server/src/lsp/suppress.js'

function apply(text: string, { offset, newText }: Insertion): string {
  return text.slice(0, offset) + newText + text.slice(offset)
}

function line(text: string, mark: string, rule = 'a/b'): string {
  return apply(text, suppressLine(text, text.indexOf(mark), rule))
}

describe('a comment that switches a rule off for a line', () => {
  it('stands above the line, at its indentation', () => {
    assert.equal(line('f(\n    x,\n)\n', 'x'), 'f(\n    # costlint: ignore[a/b]\n    x,\n)\n')
  })

  it('keeps the line endings of the file', () => {
    assert.equal(line('a\r\nb\r\n', 'b'), 'a\r\n# costlint: ignore[a/b]\r\nb\r\n')
  })

  it('takes one more rule into a comment that is there', () => {
    assert.equal(line('x  # costlint: ignore[c/d] -- why\n', 'x'), 'x  # costlint: ignore[c/d, a/b] -- why\n')
    assert.equal(line('# costlint: ignore[c/d]\nx\n', 'x'), '# costlint: ignore[c/d, a/b]\nx\n')
    assert.equal(
      line('y  # costlint: ignore[c/d]\nx\n', 'x'),
      'y  # costlint: ignore[c/d]\n# costlint: ignore[a/b]\nx\n',
    )
  })

  it('does not cut a command that goes over several lines', () => {
    assert.equal(
      line('set -e\n  torchrun \\\n    --nproc 2 \\\n    a.py\n', 'a.py'),
      'set -e\n  # costlint: ignore[a/b]\n  torchrun \\\n    --nproc 2 \\\n    a.py\n',
    )
  })
})

describe('a comment that switches a rule off for a file', () => {
  const file = (text: string) => apply(text, suppressFile(text, 'a/b'))
  const comment = '# costlint: ignore-file[a/b]\n'

  it('stands on top', () => {
    assert.equal(file('x\n'), `${comment}x\n`)
    assert.equal(file(''), comment)
    assert.equal(file('\uFEFFx\n'), `\uFEFF${comment}x\n`)
  })

  it('stays below what must be first', () => {
    const heads = [
      '#!/bin/bash\n',
      '#!/usr/bin/python\n# -*- coding: latin-1 -*-\n',
      '# syntax=docker/dockerfile:1\n',
      '#cloud-config\n',
    ]
    for (const head of heads) assert.equal(file(`${head}x\n`), `${head}${comment}x\n`)
    assert.equal(file('#!/bin/bash'), `#!/bin/bash\n${comment}`)
  })

  it('takes one more rule into a comment that is there', () => {
    assert.equal(
      file('#!/bin/sh\n# costlint: ignore-file[c/d]\n'),
      '#!/bin/sh\n# costlint: ignore-file[c/d, a/b]\n',
    )
  })
})
