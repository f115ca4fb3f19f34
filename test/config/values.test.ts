import assert from 'node:assert/strict'
import { at, entries, items, list, number, text } from '../../server/src/config/access.js'
import { dockerfileFacts } from '../../server/src/config/dockerfile.js'
import { hclFacts } from '../../server/src/config/hcl.js'
import { iniFacts } from '../../server/src/config/ini.js'
import { jsonFacts } from '../../server/src/config/json.js'
import type { ConfigNode } from '../../server/src/config/node.js'
import { tomlFacts } from '../../server/src/config/toml.js'
import { nodeGrammars } from './grammars.js'

const trees = await nodeGrammars('toml', 'hcl')

function plain(node: ConfigNode | undefined): unknown {
  if (node === undefined) return undefined
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'unknown') return `?${node.because}`
  if (node.kind === 'list') return node.items.map(plain)
  return Object.fromEntries(node.entries.map((one) => [one.key, plain(one.value)]))
}
const shown = (source: string, node: { start: number; end: number } | undefined) =>
  node === undefined ? undefined : source.slice(node.start, node.end)

describe('JSON', () => {
  it('gives ranges, and tolerates comments, trailing commas and errors', () => {
    const source = '{ // note\n  "a": "x", "b": [1, {"c": null},],\n  "d": "${e}", "f": \n'
    const { documents, comments } = jsonFacts(source)
    const root = documents[0]!.root
    assert.equal(shown(source, at(root, 'a')), '"x"')
    assert.equal(shown(source, at(root, 'b', 1)), '{"c": null}')
    assert.deepEqual(plain(root), { a: 'x', b: [1, { c: null }], d: '?template', f: '?syntax error' })
    assert.equal(comments[0]!.text, '// note')
    assert.equal(documents[0]!.hasErrors, true)
    assert.ok(jsonFacts('['.repeat(20_000)).documents.length === 1)
    assert.deepEqual(plain(jsonFacts('').documents[0]!.root), null)
  })
})

describe('TOML', () => {
  it('joins tables, and gives ranges', () => {
    const source = `# top
title = "a\\n\\u00e9"
a.b = 1_000
[tool.poetry.dependencies]
torch = {version = "^2.1", extras = ["x"]}
"quoted key" = 'C:\\dir'
[tool.black]
on = true
when = 2020-01-01
[[package]]
name = "x"
[[package]]
name = "y"
text = """
two
lines"""
`
    const { documents, comments } = tomlFacts(source, trees)
    const root = documents[0]!.root
    assert.deepEqual(plain(root), {
      title: 'a\né',
      a: { b: 1000 },
      tool: {
        poetry: { dependencies: { torch: { version: '^2.1', extras: ['x'] }, 'quoted key': 'C:\\dir' } },
        black: { on: true, when: '2020-01-01' },
      },
      package: [{ name: 'x' }, { name: 'y', text: 'two\nlines' }],
    })
    assert.equal(shown(source, at(root, 'tool', 'poetry', 'dependencies', 'torch', 'version')), '"^2.1"')
    assert.equal(comments[0]!.text, '# top')
  })

  it('keeps the readable part of a broken file', () => {
    const facts = tomlFacts('a = 1\nb = \n[c]\nd = "x"\n', trees)
    assert.equal(facts.documents[0]!.hasErrors, true)
    assert.equal(number(at(facts.documents[0]!.root, 'a')), 1)
    assert.ok(tomlFacts(`a = ${'['.repeat(10_000)}`, trees).documents.length === 1)
  })
})

describe('HCL', () => {
  const source = `# top
resource "aws_instance" "gpu" {
  instance_type = "p3.2xlarge"
  count         = 2
  ami           = var.ami
  name          = "x-\${var.env}"
  tags          = { Name = "a", "b" = true, (var.c) = 1 }
  list          = [1, local.x, -2]
  hours         = 60 * 60
  size          = max(1, 2)
  user_data     = <<-EOF
    python train.py
      \${var.x}
  EOF
  ebs { size = 1 }
  ebs { size = 2 }
  dynamic "tag" {
    for_each = var.tags
  }
}
resource "aws_s3_bucket" "b" {}
`
  it('reads blocks with labels, values and references', () => {
    const { documents } = hclFacts(source, trees)
    const root = documents[0]!.root
    const resources = items(at(root, 'resource'))
    assert.deepEqual(
      resources.map((one) => one.kind === 'map' && one.labels),
      [
        ['aws_instance', 'gpu'],
        ['aws_s3_bucket', 'b'],
      ],
    )
    const gpu = resources[0]!
    assert.deepEqual(plain(gpu), {
      instance_type: 'p3.2xlarge',
      count: 2,
      ami: '?var.ami',
      name: '?"x-${var.env}"',
      tags: { Name: 'a', b: true },
      list: [1, '?local.x', -2],
      hours: 3600,
      size: '?max(1, 2)',
      user_data: 'python train.py\n  ${var.x}\n',
      ebs: [{ size: 1 }, { size: 2 }],
      dynamic: [{ for_each: '?var.tags' }],
    })
    assert.equal(shown(source, at(gpu, 'instance_type')), '"p3.2xlarge"')
    assert.equal(shown(source, at(gpu, 'ebs', 1)), 'ebs { size = 2 }')
    // A dynamic block may add what is not written.
    assert.equal(at(gpu, 'tag')?.kind, 'unknown')
    assert.equal(at(gpu, 'tags', 'other')?.kind, 'unknown')
    assert.equal(at(resources[1], 'lifecycle'), undefined)
  })

  it('keeps the readable part of a broken file', () => {
    const facts = hclFacts('a = 1\nresource "x" "y" {\n  b = \n}\nvariable "z" { default = 3 }\n', trees)
    assert.equal(facts.documents[0]!.hasErrors, true)
    assert.equal(number(at(facts.documents[0]!.root, 'a')), 1)
    assert.ok(hclFacts(`a = ${'['.repeat(10_000)}`, trees).documents.length === 1)
  })
})

describe('Dockerfiles', () => {
  it('reads stages, environment and commands', () => {
    const source = `# syntax=docker/dockerfile:1
ARG TAG=2.5.1-cuda12.4
FROM --platform=linux/amd64 pytorch/pytorch:\${TAG} AS base
ENV A=1 B="x y" \\
    C=$A
ENV D=$A-1
ENV OLD old value
WORKDIR /app
WORKDIR src
RUN pip install torch==2.1 && \\
    # why
    pip install x
RUN --mount=type=cache,target=/x <<EOF
pip install y
EOF
from base
ENTRYPOINT ["torchrun", "--nproc_per_node=4"]
CMD python train.py --lr 1e-4
`
    const { stages, comments, documents } = dockerfileFacts(source)
    const [base, last] = stages
    assert.equal(base!.image, 'pytorch/pytorch:2.5.1-cuda12.4')
    assert.equal(source.slice(base!.imageStart, base!.imageEnd), 'pytorch/pytorch:${TAG}')
    assert.equal(base!.name, 'base')
    assert.deepEqual(
      base!.environment.map((one) => [one.name, one.value, source.slice(one.start, one.end)]),
      [
        ['A', '1', 'A=1'],
        ['B', 'x y', 'B="x y"'],
        // Within one instruction, variables have the values from before it.
        ['C', null, 'C=$A'],
        ['D', '1-1', 'D=$A-1'],
        ['OLD', 'old value', 'OLD old value'],
      ],
    )
    assert.equal(base!.workdir, '/app/src')
    const runs = base!.instructions.filter((one) => one.keyword === 'RUN')
    assert.equal(runs.length, 2)
    assert.equal(runs[0]!.shellText!.length, runs[0]!.valueEnd - runs[0]!.valueStart)
    assert.ok(!runs[0]!.shellText!.includes('#'))
    assert.ok(runs[1]!.shellText!.startsWith('<<EOF\npip install y'))
    const [entrypoint, command] = last!.instructions
    assert.deepEqual(
      entrypoint!.words!.map((word) => [word.text, source.slice(word.start, word.end)]),
      [
        ['torchrun', '"torchrun"'],
        ['--nproc_per_node=4', '"--nproc_per_node=4"'],
      ],
    )
    assert.equal(command!.form, 'shell')
    assert.equal(source.slice(command!.valueStart, command!.valueEnd), 'python train.py --lr 1e-4')
    assert.deepEqual(
      comments.map((one) => one.text),
      ['# syntax=docker/dockerfile:1', '# why'],
    )
    const root = documents[0]!.root
    assert.deepEqual(
      entries(list(root)!.items[0]).map((one) => one.key),
      ['FROM', 'ENV', 'ENV', 'ENV', 'WORKDIR', 'WORKDIR', 'RUN', 'RUN'],
    )
    assert.equal(text(at(root, 1, 'ENTRYPOINT', 0)), 'torchrun')
    assert.equal(text(at(root, 1, 'CMD')), 'python train.py --lr 1e-4')
  })

  it('survives what is no Dockerfile', () => {
    for (const hostile of [
      '',
      'FROM',
      'RUN [',
      'FROM x\nRUN \\\n\\\n',
      '\\\n'.repeat(20_000),
      `FROM x\nENV ${'A='.repeat(20_000)}`,
    ]) {
      assert.ok(Array.isArray(dockerfileFacts(hostile).stages))
    }
  })
})

describe('INI', () => {
  it('gives sections as maps of text, with ranges; references and errors cost only themselves', () => {
    const source =
      'stray\n# note\n[component:dist.ddp]\nj = 1x4\n gpu: 8\nenv = A=b,C=d\nname = %(j)s\n\n[slurm]\ntime =\nlist = a\n  b\n'
    const { documents, comments } = iniFacts(source)
    const [{ root, hasErrors }] = [documents[0]!]
    assert.deepEqual(plain(root), {
      'component:dist.ddp': { j: '?several lines', env: 'A=b,C=d', name: '?a reference' },
      slurm: { time: '', list: '?several lines' },
    })
    assert.equal(shown(source, at(root, 'component:dist.ddp', 'env')), 'A=b,C=d')
    assert.equal(comments[0]!.text, '# note')
    assert.equal(hasErrors, true)
  })
})
