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
