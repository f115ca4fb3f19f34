/** What looks like a clean run and is none: each case says so, and ends with the code that the documentation gives it. */
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import { runHere } from './here.js'

const search = `from sklearn.model_selection import GridSearchCV

grid = {"max_depth": [4, 8, 16, None], "min_samples_leaf": [1, 2, 5, 10, 20], "max_features": ["sqrt", 0.5, 1.0]}
search = GridSearchCV(make_model(), grid, cv=5)
`

async function said(
  files: Record<string, string>,
  args: string[] = [],
): Promise<[code: number, err: string]> {
  const { code, err } = await runHere(files, ['check', ...args])
  return [code, err]
}

describe('nothing wrong is green', () => {
  it('no rule is left', async () => {
    const both = await said({}, ['--select', 'search', '--ignore', 'search'])
    assert.deepEqual(both, [2, 'costlint: no rule is left by --select and --ignore\n'])
    assert.deepEqual(await said({}, ['--select', ',']), [2, 'costlint: --select: names no rule\n'])
    const left = 'no rule is left: none is selected, or all are ignored\n'
    assert.deepEqual(await said({ 'costlint.toml': '\nselect = []\n' }), [
      2,
      `configuration error: costlint.toml:2: ${left}`,
    ])
    assert.deepEqual(await said({ 'costlint.toml': 'select = ["search"]\nignore = ["search"]\n' }), [
      2,
      `configuration error: costlint.toml:1: ${left}`,
    ])
    // Something is left, here or in a folder.
    assert.deepEqual(
      await said({ 'costlint.toml': 'select = ["search"]\nignore = ["search/grid-search"]\n' }),
      [0, ''],
    )
    const inner = { 'costlint.toml': 'ignore = ["*"]\n', 'in/costlint.toml': 'select = ["search"]\n' }
    assert.deepEqual(await said(inner), [0, ''])
  })

  it('a path, or `include`, matches nothing', async () => {
    const files = { 'a.py': 'x = 1\n', 'docs/a.md': '# a\n', 'notes.md': '# b\n' }
    const nothing = (path: string) => [2, `nothing to check: ${path}: holds no file that CostLint reads\n`]
    assert.deepEqual(await said(files, ['docs']), nothing('docs'))
    assert.deepEqual(await said(files, ['a.py', 'notes.md']), nothing('notes.md'))
    assert.deepEqual(await said({ ...files, 'bin/run': '#!/bin/sh\n' }, ['a.py', 'bin/run']), [0, ''])
    const included = (text: string) => said({ ...files, 'costlint.toml': text })
    assert.deepEqual(await included('\ninclude = ["src/"]\n'), [
      2,
      'configuration error: costlint.toml:2: `include` matches no file\n',
    ])
    assert.deepEqual(await included('include = ["*.py"]\n'), [0, ''])
    // A hook names files that are left out.
    const hook = { ...files, 'costlint.toml': 'exclude = ["a.py"]\n' }
    assert.deepEqual(await said(hook, ['a.py', '--respect-exclude']), [0, ''])
  })

  it('a folder without any file', async () => {
    const { code, err } = await runHere({}, ['check'], (root) => {
      mkdirSync(join(root, '.git'))
      writeFileSync(join(root, 'costlint.toml'), 'exclude = ["*"]\n')
    })
    assert.equal(code, 0)
    assert.match(err, /^costlint: there is no file to check in \S.*\n$/)
  })

  it('files that do not parse', async () => {
    const cell = (source: string) => ({
      cell_type: 'code',
      metadata: {},
      outputs: [],
      execution_count: null,
      source,
    })
    const notebook = (...sources: string[]) =>
      JSON.stringify({ cells: sources.map(cell), metadata: {}, nbformat: 4, nbformat_minor: 5 })
    const files = {
      'a.py': 'import torch\n\nx = = 1\n',
      'a.tf': 'resource "aws_instance" "a" {\n  instance_type = "p4d.24xlarge"\n  ami = \n}\n',
      'a.tf.tpl': 'resource "aws_instance" "a" {\n  %{ if small }\n  instance_type = ${type}\n}\n',
      'job.yaml': 'kind: Job\napiVersion: batch/v1\nspec: [a\n  limits: {nvidia.com/gpu: 1}\n',
      'launch.json': '{"method": "grid", "parameters": {"lr" {"values": [1, 2]}}, "program": "train.py"}\n',
      'cells.ipynb': notebook(
        'import torch\n%matplotlib inline\n!pip install x\npip install y\n',
        'import torch\nx = = 3\n',
      ),
      'cut.ipynb': '{"cells": [{"cell_type": "code", "source": "import torch',
    }
    const missing = 'findings may be missing'
    const { err, code } = await runHere(files, ['check'])
    assert.deepEqual(err.trimEnd().split('\n'), [
      'not checked: cut.ipynb: broken notebook JSON at line 1: UnexpectedEndOfString',
      `not all checked: a.py: line 3 is no valid Python; ${missing}`,
      `not all checked: a.tf: line 3 is no valid HCL; ${missing}`,
      `not all checked: cells.ipynb: line 2 of cell 1 is no valid Python; ${missing}`,
      `not all checked: job.yaml: line 4 is no valid YAML; ${missing}`,
      `not all checked: launch.json: line 1 is no valid JSON; ${missing}`,
    ])
    assert.equal(code, 0)
    assert.equal((await runHere(files, ['check', '--fail-on-parse-error'])).code, 2)
    const { errors } = JSON.parse((await runHere(files, ['check', '--output-format', 'json'])).out)
    assert.deepEqual(
      errors.map(({ path, kind }: { path: string; kind?: string }) => [path, kind]),
      ['a.py', 'a.tf', 'cells.ipynb', 'cut.ipynb', 'job.yaml', 'launch.json'].map((path) => [
        path,
        path === 'cut.ipynb' ? undefined : 'syntax',
      ]),
    )
    // Templates are no syntax errors.
    const chart = {
      'templates/job.yaml':
        'kind: Job\n{{- if .Values.gpu }}\nspec: {{ .Values.spec }}\n  a: nvidia.com/gpu\n{{ end }}\n',
    }
    assert.deepEqual(await said(chart, ['--fail-on-parse-error']), [0, ''])
    const many = Object.fromEntries(
      Array.from({ length: 13 }, (_, index) => [`${index}.py`, 'import torch\nx = = 1\n']),
    )
    assert.match(
      (await runHere(many, ['check'])).err,
      /\n3 more files do not parse; --output-format json names all\.\n$/,
    )
  })

  it('regions and machines that nobody knows', async () => {
    const told = async (text: string) => (await said({ 'costlint.toml': text }))[1]
    const at = (line: number) => `configuration error: costlint.toml:${line}: `
    assert.equal(
      await told('[prices]\nregion = "us-esat-1"\n'),
      `${at(2)}unknown region "us-esat-1", did you mean "us-east-1"?\n`,
    )
    assert.equal(await told('[prices]\nregion = "moonbase"\n'), `${at(2)}unknown region "moonbase"\n`)
    for (const region of ['eu-central-1', 'europe-west3', 'germanywestcentral', 'EastUS'])
      assert.equal(await told(`[prices]\nregion = "${region}"\n`), '', region)
    const own =
      '[prices]\nregion = "cellar"\n[[prices.machines]]\ntype = "dgx"\nregion = "cellar"\nusd-per-hour = 4\n'
    assert.equal(await told(own), '')
    assert.equal(
      await told('[budget]\nmachines = ["g5.*", "p4d.24xlage", "zz.*"]\n'),
      `${at(2)}"p4d.24xlage" matches no machine or accelerator, did you mean "p4d.24xlarge"?\n${at(2)}"zz.*" matches no machine or accelerator\n`,
    )
    const known = '["ml.g5.*", "A10G", "A100*", "m5.*", "n2-standard-*", "Standard_D*", "*"]'
    assert.equal(await told(`[budget]\nmachines = ${known}\n`), '')
  })

  it('comments that are no directive', async () => {
    const lines = [
      'a = 1  # costlint: ignroe[search/grid-search]',
      'b = 1  # costlint ignore[search]',
      'c = 1  # costlint: disable=search',
      '# costlint finds what a script wastes',
      '# see costlint: the linter',
      '# costlint:',
    ]
    let fixed = ''
    const { out } = await runHere(
      { 'a.py': `${search}${lines.join('\n')}\n` },
      ['check', '--output-format', 'concise', '--fix', '--select', 'costlint/unused-suppression'],
      {
        after: (root) => {
          fixed = readFileSync(join(root, 'a.py'), 'utf8')
        },
      },
    )
    // What can be told is written, and then silences nothing here.
    assert.match(out, /^a\.py:7:10 information costlint\/unused-suppression .*"disable" is no directive/m)
    assert.doesNotMatch(out, /a\.py:(8|9):/)
    assert.match(
      fixed,
      /\nc = 1 {2}# costlint: disable=search\n# costlint finds what a script wastes\n# see costlint: the linter\n$/,
    )
    const typo = await runHere({ 'a.py': search.replace('cv=5)', 'cv=5)  # costlint: ignroe[search]') }, [
      'check',
      '--output-format',
      'concise',
    ])
    assert.match(typo.out, /^a\.py:4:10 warning search\/grid-search /m)
    assert.match(
      typo.out,
      /^a\.py:4:\d+ information .*"ignroe" is no directive; there are ignore and ignore-file\.$/m,
    )
  })
})
