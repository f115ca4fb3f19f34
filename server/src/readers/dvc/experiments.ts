/** `dvc exp run -S train.lr=0.1,0.01 -S train.depth=4,6`: an experiment for each combination. Source: dvc.org, "exp run", "Hydra sweep". */
import type { ShellCommand } from '../../config/shell-facts.js'
import type { Swept } from '../hydra/space.js'
import { claimSweptCommands } from '../hydra/swept-command.js'
import { sweptValue } from '../hydra/swept-value.js'
import { wordsBehind } from '../pipelines/forced-runs.js'
import { defineReader } from '../reader.js'

export const dvcExperimentsReader = defineReader({
  name: 'dvc-experiments',
  languages: ['shell', 'yaml', 'python'],
  triggers: ['dvc exp run', '"dvc"', "'dvc'", '[dvc,', '- dvc'],
  read: (facts, context, claims) => claimSweptCommands(facts, context, claims, 'dvc exp run', sweptIn),
  change: () => ({ reason: 'a study of Optuna has to run the experiments (`dvc.api.exp_save`, `dvclive`)' }),
})

/** `params.yaml:train.lr=0.1,0.01`: the file is not part of the name. */
function sweptIn(command: ShellCommand): Swept[] {
  const words = wordsBehind(command, 'dvc', ['repro', 'exp run']) ?? []
  return words.flatMap(({ text }, index): Swept[] => {
    const given = /^(?:-S|--set-param)(?:=(.+))?$/.exec(text ?? '')
    if (given === null) return []
    const match = /^(?:[^=:]+:)?([\w./-]+)=([\s\S]+)$/.exec(given[1] ?? words[index + 1]?.text ?? '')
    const value = match === null ? null : sweptValue(match[2]!)
    return value === null ? [] : [{ name: match![1]!, value }]
  })
}
