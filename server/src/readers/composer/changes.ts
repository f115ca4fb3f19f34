/** How MosaicML Composer spells a change. */
import { nameFor } from '../../edit/imports.js'
import type { Change, Refusal } from '../../edit/write.js'
import { mayBePassed } from '../../values/argument.js'
import { writeArgument } from '../../values/write-argument.js'
import type { Claim } from '../../workload/claim.js'
import { addCallback } from '../add-callback.js'
import { byHand } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import type { FragmentFacts } from '../reader.js'
import { isConfigured, writeConfigured } from '../write-configured.js'
import { saverSettings, savingSettings, stoppingSettings } from './settings.js'

export function changeComposer(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python, path, fragment } = facts
  const format = value === 'bf16-mixed' ? 'amp_bf16' : value === 'fp16-mixed' ? 'amp_fp16' : null
  if (claim.setting === 'precision' && format !== null && isConfigured(claim, facts))
    return writeConfigured(claim, format, facts)
  const call = claimedCall(python, claim.site)
  if (python === undefined || call === null) return { reason: 'the call is no longer in the file' }
  const set = (keyword: string, position: number | null, code: string, title: string): Change | Refusal => {
    const written = writeArgument(facts, call, keyword, python.argument(call, keyword, position), code)
    return 'reason' in written ? written : { title, safety: 'unsafe', writes: [written], imports: [] }
  }
  switch (claim.setting) {
    case 'precision': {
      return format === null
        ? { reason: 'only mixed precision is offered' }
        : set('precision', null, `"${format}"`, `Train with precision="${format}"`)
    }
    case 'compiled':
      return set('compile_config', null, '{}', 'Compile the model (compile_config={})')
    case 'keptCheckpoints': {
      const settings = call.method === 'CheckpointSaver' ? saverSettings : savingSettings
      return settings.change(claim, value, facts)
    }
    case 'saves': {
      const title =
        'Write a checkpoint after each epoch (save_folder), and go on from it (load_path, or autoresume)'
      const change = set('save_folder', null, '"checkpoints/{run_name}"', title)
      // What a run is called, and where it goes on, is its owner's to say.
      return 'reason' in change ? change : { ...change, safety: 'display' }
    }
    case 'resumable': {
      const given = (key: string): boolean => mayBePassed(python.argument(call, key))
      // It refuses to look for checkpoints of a run that has no name, or in no folder.
      if (!given('run_name') || !given('save_folder'))
        return { reason: 'autoresume needs a run_name of your own and a save_folder' }
      return set('autoresume', null, 'True', 'Go on from the last checkpoint of the run (autoresume=True)')
    }
    case 'kind':
      return typeof value === 'number'
        ? set('eval_interval', null, `"${value}ba"`, `Evaluate every ${value} batches`)
        : byHand(claim)
    case 'patience':
    case 'stopDirection':
      return stoppingSettings.change(claim, value, facts)
    case 'earlyStopping': {
      const name = nameFor(python.tree, 'composer.callbacks', 'EarlyStopper', {
        path,
        fragment: fragment.index,
        offset: call.expr.start,
      })
      const patience = (value as { patience?: number }).patience ?? 5
      const code = `${name.text}("CrossEntropy", "eval", patience=${patience})`
      const write = addCallback(python, call, code, facts)
      if ('reason' in write) return write
      return {
        title:
          'End the run when a metric of the evaluation stalls (EarlyStopper); name one that your model reports',
        safety: 'display',
        writes: [write],
        imports: name.import === null ? [] : [name.import],
      }
    }
    default:
      return byHand(claim)
  }
}
