/** Lines that regular expressions take long to see through: texts of 150 KB that are all but what is looked for. */
import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { openProject } from '../../server/src/project/workspace.js'
import { memoryHost, memoryRoot } from '../cases/memory-host.js'
import { assertSound } from './sound.js'
import { training } from './sources.js'

const long = 150_000

describe('long lines', () => {
  const texts: Record<string, Record<string, string>> = {
    'blanks in a requirement': { 'requirements.txt': `torch>=${' '.repeat(long)}x\ntorch>=2.1\n` },
    'words of a requirement': {
      'requirements.txt': `a/${'a.'.repeat(long)}-1\ntorch @ /${'a-1'.repeat(long)}\n`,
    },
    'a printed text': {
      'print.py': `import torch\nprint("${'a'.repeat(long)}")\nprint("${'a '.repeat(long)}")\n`,
    },
    'blanks in INI files': { 'train.ini': `[train]\na${' '.repeat(long)}b\n` },
    'blanks in a Makefile': { Makefile: `X = a${' '.repeat(long)}b\nrun:\n\tpython train.py\n` },
    'blanks in Terraform': {
      'main.tf': `locals {\n  x = "\${a${' '.repeat(long)}b"\n  y = "\${ ${' '.repeat(long)}"\n}\n`,
    },
    'blanks in a template of Helm': {
      'chart/Chart.yaml': 'apiVersion: v2\nname: train\nversion: 1.0.0\n',
      'chart/values.yaml': 'gpus: 1\n',
      'chart/templates/job.yaml': `apiVersion: batch/v1\nkind: Job\nmetadata: {{ .Values.a${' '.repeat(long)}b\n`,
    },
    'brackets in a list of the shell': {
      'run.sh': `for a in ${'['.repeat(long)} b; do\n  python train.py $a\ndone\n`,
    },
    'ranges that no epoch counts': {
      'ranges.py': `import torch\nfor e in [${'range(1),'.repeat(long / 9)}]:\n    loss.backward()\n    opt.step()\n`,
    },
    'digits that are no number': {
      'config.yaml': `train_batch_size: ${'1'.repeat(long)}x\n`,
      'run.sh': `python train.py --lr ${'1'.repeat(long)}x\n`,
      'digits.py': `import torch\nx = ["--lr", "${'1'.repeat(long)}x"]\n`,
    },
    'slashes of a folder for SageMaker, and blank lines of its requirements': {
      'start.py': `from sagemaker.pytorch import PyTorch\nPyTorch('train.py', source_dir='a${'/'.repeat(long)}b', instance_type='ml.p3.2xlarge', instance_count=1).fit()\nPyTorch('train.py', source_dir='src', instance_type='ml.p3.2xlarge', instance_count=1).fit()\n`,
      'src/train.py': training,
      'src/requirements.txt': `${'\n'.repeat(long)}#\n`,
    },
    'one word in a rule of Snakemake': {
      Snakefile: `rule all:\n    input: expand("{a}/{b}", a=[1, 2], b=[1, 2])\n\nrule fit:\n    output: "{a}/{b}"\n    shell: "${'a'.repeat(long)}"\n`,
    },
    'tests before a pipeline': {
      'run.sh': `set -e\necho ${'if '.repeat(long / 3)}; python train.py | tee log\npython export.py\n`,
    },
    'words of a script': {
      'run.sh': `${'kubectl apply '.repeat(long / 10)} x <<EOF\nkind: Job\nEOF\npython train.py\n`,
    },
  }
  for (const [name, files] of Object.entries(texts))
    it(name, async () => {
      const all = new Map(Object.entries({ 'train.py': training, ...files }))
      const project = await openProject(memoryRoot, memoryHost(all))
      try {
        const { findings } = await assertSound(project, all, false)
        assert.ok(findings.length > 0)
      } finally {
        await project.dispose()
      }
    })
})
