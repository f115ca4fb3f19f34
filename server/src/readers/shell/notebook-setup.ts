/** `!pip install …` and downloads in a notebook: they run with whatever accelerator the notebook holds. */
import { claimOperation } from '../operation-claims.js'
import { defineReader } from '../reader.js'
import { settingUp } from './setting-up.js'
import { isGuarded } from './surroundings.js'

export const notebookSetupReader = defineReader({
  name: 'notebook-setup',
  languages: ['shell'],
  triggers: [
    'pip',
    'conda',
    'apt',
    'wget',
    'curl',
    'gdown',
    'aws s3',
    'gsutil',
    'kaggle',
    'huggingface-cli',
    'unzip',
  ],
  read(facts, _context, claims) {
    const { shell, unit, path } = facts
    if (shell === undefined || unit.origin !== 'magic' || !path.endsWith('.ipynb')) return
    const found = shell.commands.flatMap((command) => {
      if (command.unreachable || isGuarded(unit.text, command.start)) return []
      const one = settingUp(command)
      return one === null ? [] : [{ command, ...one }]
    })
    const [first] = found
    if (first === undefined) return
    const at = { start: first.command.start, end: first.command.end }
    claimOperation(claims, {
      kind: 'set up',
      place: 'run',
      key: first.what,
      at,
      site: { ...at, anchor: 'set up' },
      scope: '',
      evidence: { role: 'training', accelerator: 'maybe', small: null, notebook: true },
      places: found.map((one) => ({ what: one.what, node: one.command })),
      weight: 'ordinary',
      subject: [...new Set(found.map((one) => one.kind))].join(', '),
    })
  },
  change() {
    return { reason: 'do it in the image that the notebook starts from' }
  },
})
