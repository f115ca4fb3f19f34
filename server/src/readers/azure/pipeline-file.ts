/** Pipelines of Azure Machine Learning in YAML (CLI v2) that run all their steps again. Source: reference of the pipeline job schema. */
import { at, boolean, entries, entry, text } from '../../config/access.js'
import { byHand } from '../change-answer.js'
import { keyedPlace, writeKeys } from '../config-change.js'
import { describeAllSteps } from '../pipelines/describe-step.js'
import { workOfName } from '../pipelines/step-work.js'
import { defineReader } from '../reader.js'

export const azurePipelineFileReader = defineReader({
  name: 'azure-pipeline-file',
  languages: ['yaml'],
  triggers: ['force_rerun'],
  read(facts, _context, claims) {
    for (const { root, index } of facts.config?.documents ?? []) {
      const isPipeline =
        text(at(root, 'type')) === 'pipeline' || /pipelineJob\.schema/.test(text(at(root, '$schema')) ?? '')
      const given = entry(at(root, 'settings'), 'force_rerun')
      const value = boolean(given?.value)
      if (!isPipeline || given === undefined || value === undefined) continue
      const place = keyedPlace({ start: given.keyStart, end: given.value.end }, index, [
        'settings',
        'force_rerun',
      ])
      const steps = entries(at(root, 'jobs')).map(({ key }) => ({ name: key, purpose: workOfName(key) }))
      const evidence = { role: 'job' as const, accelerator: 'maybe' as const, small: null, notebook: false }
      const about = { engine: 'Azure ML', key: 'azure', unit: 'job' as const, evidence }
      const subject = describeAllSteps(claims, steps, { place, scope: 'force_rerun' }, about)
      subject.known('cached', 'force_rerun', !value, place)
    }
  },
  change(claim, value, facts) {
    if (claim.setting !== 'cached' || value !== true || claim.site.keys === undefined) return byHand(claim)
    const title = 'Remove force_rerun: true: outputs are reused by default'
    const settings = at(facts.config?.documents[claim.site.document ?? 0]?.root, 'settings')
    const keys = entries(settings).length === 1 ? ['settings'] : claim.site.keys
    return writeKeys(claim, facts, title, [{ keys, value: undefined }])
  },
})
