import assert from 'node:assert/strict'
import { languageOf } from '../../server/src/text/language.js'

describe('text/language', () => {
  const cases: [string, string | undefined, string | undefined][] = [
    ['src/train.py', undefined, 'python'],
    ['a/b.IPYNB', undefined, 'notebook'],
    ['conf/config.yaml', undefined, 'yaml'],
    ['.github/workflows/ci.yml', undefined, 'yaml'],
    ['MLproject', undefined, 'yaml'],
    ['ds_config.json', undefined, 'json'],
    ['pyproject.toml', undefined, 'toml'],
    ['infra/main.tf', undefined, 'hcl'],
    ['infra/prod.tfvars', undefined, 'hcl'],
    ['x.hcl', undefined, 'hcl'],
    ['run.sh', undefined, 'shell'],
    ['run.slurm', undefined, 'shell'],
    ['run.sbatch', undefined, 'shell'],
    ['run.pbs', undefined, 'shell'],
    ['Dockerfile', undefined, 'dockerfile'],
    ['docker/Dockerfile.gpu', undefined, 'dockerfile'],
    ['gpu.Dockerfile', undefined, 'dockerfile'],
    ['Dockerfiles', undefined, undefined],
    ['requirements.txt', undefined, 'requirements'],
    ['requirements-dev.txt', undefined, 'requirements'],
    ['requirements/gpu.txt', undefined, 'requirements'],
    ['notes.txt', '#!/bin/bash', undefined],
    ['submit', '#!/bin/bash -l\n#SBATCH', 'shell'],
    ['submit', '#!/usr/bin/env -S bash -e', 'shell'],
    ['train.job', '#!/bin/sh', 'shell'],
    ['train.job', 'executable = train', 'ini'],
    ['train.job', 'name = train', undefined],
    ['train.sub', '#! /usr/bin/env python3.11', 'python'],
    ['submit', '#!/usr/bin/perl', undefined],
    ['workflow/Snakefile', undefined, 'snakefile'],
    ['Snakefile_gpu', undefined, 'snakefile'],
    ['rules/train.smk', undefined, 'snakefile'],
    ['Snakefile.yaml', undefined, 'yaml'],
    ['jobs/train.yaml.j2', undefined, 'yaml'],
    ['train.sbatch.tpl', undefined, 'shell'],
    ['main.tf.tmpl', undefined, 'hcl'],
    ['train.py.j2', undefined, undefined],
    ['page.html.j2', undefined, undefined],
    ['README', 'text', undefined],
    ['.gitignore', undefined, undefined],
    ['x.constructor', undefined, undefined],
    ['constructor', undefined, undefined],
  ]
  for (const [path, firstLine, expected] of cases) {
    it(`${path}${firstLine === undefined ? '' : ` with ${JSON.stringify(firstLine)}`} is ${expected}`, () => {
      assert.equal(languageOf(path, firstLine), expected)
    })
  }
})
