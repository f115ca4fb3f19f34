/** Commands that end an endpoint, in shell cells of the notebook that started it. */
import { isPrinting } from '../command-lines/cloud-command.js'
import { defineReader } from '../reader.js'

const endings = /\b(delete-endpoint|undeploy-model|(online-)?endpoints?\s+delete)\b/

export const shellEndpointReader = defineReader({
  name: 'shell-endpoint',
  languages: ['shell'],
  triggers: ['delete', 'undeploy'],
  layer: 1,
  read(facts, _context, claims) {
    const { shell } = facts
    if (shell === undefined) return
    for (const command of shell.commands) {
      if (isPrinting(command.words)) continue
      const text = command.words.map((word) => word.raw).join(' ')
      if (!endings.test(text)) continue
      claims.extend('Serving').known('tornDown', command.words[0]!.raw, true, command)
      return
    }
  },
})
