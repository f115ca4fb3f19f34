/**
 * Downloads and builds in shell lines of a notebook: they run with whatever accelerator the notebook holds. Packages are
 * left out: where a notebook is run by hand (Colab), its image is not its author's to choose.
 */
import { claimOperation } from '../operation-claims.js'
import { defineReader } from '../reader.js'
import { mayBeDoneBefore } from './done-before.js'
import { settingUp } from './setting-up.js'

export const notebookSetupReader = defineReader({
  name: 'notebook-setup',
  title: 'Notebooks',
  languages: ['shell'],
  triggers: [
    'wget',
    'curl',
    'gdown',
    'aws s3',
    'gsutil',
    'kaggle',
    'huggingface-cli',
    'git lfs',
    'setup.py',
    'cmake',
  ],
  read(facts, _context, claims) {
    const { shell, fragment, path } = facts
    if (shell === undefined || fragment.origin !== 'magic' || !path.endsWith('.ipynb')) return
    const found = shell.commands.flatMap((command) => {
      if (command.unreachable || mayBeDoneBefore(command)) return []
      const one = settingUp(command)
      return one === null || (one.kind !== 'download' && one.kind !== 'build') ? [] : [{ command, ...one }]
    })
    const [first] = found
    if (first === undefined) return
    const at = { start: first.command.start, end: first.command.end }
    claimOperation(claims, {
      kind: 'set up',
      place: 'run',
      key: first.what,
      at,
      site: at,
      scope: '',
      evidence: { role: 'training', accelerator: 'maybe', small: null, notebook: true },
      places: found.map((one) => ({ what: one.what, node: one.command })),
      weight: 'ordinary',
      subject: [...new Set(found.map((one) => one.kind))].join(', '),
    })
  },
  change() {
    return { reason: 'keep it on storage that outlives the machine' }
  },
})
