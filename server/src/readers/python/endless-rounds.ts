/** Rounds without an end, each of which starts a training as a program of its own. */

import { claimEndless, endlessBecause } from '../pytorch/endless.js'
import { loopHeader } from '../pytorch/loop.js'
import { defineReader } from '../reader.js'
import { startedTraining } from './unchecked-programs.js'

export const endlessRoundsReader = defineReader({
  name: 'endless-rounds',
  languages: ['python'],
  triggers: ['subprocess', 'os.system'],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined || python.evidence.role === 'test') return
    for (const loop of python.loops) {
      if (!loop.calls.some((call) => startedTraining(python, call) !== null)) continue
      const endless = endlessBecause(python, loop, true)
      if (endless === null) continue
      const header = loopHeader(loop)
      const training = claims.subject('Training', header, loop.function?.qualified ?? '', {
        role: 'training',
        accelerator: 'maybe',
        small: null,
        notebook: python.evidence.notebook,
      })
      claimEndless(training, endless, header)
    }
  },
  change: () => ({ reason: 'only you know how many rounds it needs' }),
})
