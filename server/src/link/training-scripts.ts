/**
 * Scripts that come with the repositories of OpenMMLab and are called alike wherever they lie: `dist_train.sh CONFIG GPUS
 * [arguments]`, `slurm_train.sh PARTITION NAME CONFIG FOLDER [arguments]`. What they start stands beside them.
 */
import type { ShellWord } from '../config/shell-facts.js'
import type { LaunchValue } from '../workload/claim.js'
import { pathOf } from './option-table.js'

/** GPUs that `slurm_train.sh` takes where the environment says nothing. */
const gpusByDefault = '8'

/** The command that the script runs; null: the words run something else. */
export function trainingScript(
  words: readonly ShellWord[],
  environment: Record<string, LaunchValue>,
): ShellWord[] | null {
  const [script, ...given] = /^(.*\/)?(ba|z)?sh$/.test(words[0]?.text ?? '') ? words.slice(1) : words
  const path = script === undefined ? null : pathOf(script)
  const found = /^((?:.*\/)?)(dist|slurm)_train\.sh$/.exec(path ?? '')
  if (script === undefined || found === null) return null
  const slurm = found[2] === 'slurm'
  const config = given[slurm ? 2 : 0]
  if (config === undefined) return null
  const word = (text: string): ShellWord => ({ text, raw: text, start: script.start, end: script.end })
  const asked = environment.GPUS?.value
  const gpus = slurm ? word(typeof asked === 'string' ? asked : gpusByDefault) : given[1]
  const before = gpus === undefined ? [] : [word('--nproc_per_node'), gpus]
  const program = { ...script, text: `${found[1]}train.py`, raw: `${found[1]}train.py` }
  return [word('torchrun'), ...before, program, config, ...given.slice(slurm ? 4 : 2)]
}
