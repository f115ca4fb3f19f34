/** White space as text copied from web pages has it, and line ends of old systems: every reader gets over them. */
import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { openProject } from '../../server/src/project/workspace.js'
import { memoryHost, memoryRoot } from '../cases/memory-host.js'
import { notebook } from './hostile-files.js'
import { assertSound } from './sound.js'

/** `·` stands for the character. The last command of each file holds none. */
const files: Record<string, string> = {
  'job.sh': `#!/bin/bash\n#SBATCH·--gres=gpu:8\nsrun bash -c 'python train.py·--lr 1'\nA=1·2\npython·x.py $A\npython last.py\n`,
  Dockerfile:
    'FROM·python:3\nENV A=1·B=2\nENV C·3\nRUN bash -c "python train.py·--lr 1"\nCMD python last.py\n',
  Makefile: 'A·=·1\ntrain:·data\n\tbash -c "python train.py·--lr 1"\n\tpython·x.py\n\tpython last.py\n',
  'compose.yaml':
    'services:\n  train:\n    image: a\n    command: bash -c "python train.py·--lr 1"\n  last:\n    image: a\n    command: python last.py\n',
  'pod.yaml':
    'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - name: a\n      image: a\n      command: [sh, -c, "python train.py·--lr 1; python last.py"]\n',
  'run.py': `import os, subprocess\nos.system('python train.py·--lr 1')\nsubprocess.run('python last.py', shell=True)\n`,
}

describe('white space', () => {
  const characters = new Map([
    ...[...'\v\f\u0085\u00a0\u1680\u180e\u2000\u2009\u200b\u2028\u2029\u202f\u205f\u3000\ufeff'].map(
      (one) => [`U+${one.charCodeAt(0).toString(16).padStart(4, '0')}`, one] as const,
    ),
    ['a carriage return', '\r'],
    ['a carriage return and a tab', '\r\t'],
  ])
  for (const [name, character] of characters) {
    it(`${name} ends no run and hides no other command`, async () => {
      const texts = new Map(
        Object.entries(files).map(([path, text]) => [path, text.replaceAll('·', character)] as const),
      ).set('run.ipynb', notebook([`!python train.py${character}--lr 1\n`, '!python last.py\n']))
      const project = await openProject(memoryRoot, memoryHost(texts))
      try {
        const { errors } = await assertSound(project, texts)
        assert.deepEqual(errors, [])
        const { jobs } = await project.graph()
        const started = new Set(jobs.filter((job) => job.name.endsWith('last.py')).map((job) => job.path))
        assert.deepEqual([...started].sort(), ['Makefile', 'compose.yaml', 'job.sh', 'run.ipynb', 'run.py'])
      } finally {
        await project.dispose()
      }
    })
  }
})
