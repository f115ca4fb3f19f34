/**
 * Python programs that train on a machine that is rented by the hour, started there by hand: `runpod_train.py`. As with shell scripts
 * (see pod-script.ts), their end ends nothing.
 */
import type { PythonModule } from '../../python/module.js'
import { byHand } from '../change-answer.js'
import { trainsAnywhere } from '../pytorch/evidence.js'
import { defineReader } from '../reader.js'
import { claimPod } from './claim-pod.js'
import { type Cloud, clouds, endingIn } from './clouds.js'

const trainsByPath = /(^|[^a-z])(train\w*|fine-?_?tune\w*)([^a-z]|$)/i
/** It works on the machine from elsewhere, asks for one, or answers requests there. */
const fromElsewhere =
  /\brunpod\.(create_pod|serverless|api_key)|\bcreate_instance|\bapi\.runpod|runpodctl (create|ssh|send|exec)|\bparamiko\b|\bssh\b|["']scp\b|\bfabric\b/

export const podProgramReader = defineReader({
  name: 'pod-program',
  languages: ['python'],
  triggers: ['runpod', 'RunPod', 'RUNPOD', 'vast.ai', 'Vast.ai', 'vastai'],
  shares: true,
  read({ path, fragment, python }, _context, claims) {
    const cloud = clouds.find(({ scripts }) => scripts.test(path))
    if (cloud === undefined || python === undefined || fragment.origin !== 'file') return
    const last = python.tree.body.at(-1)
    if (last === undefined || !trainsThere(python, cloud)) return
    const place = { start: last.start, end: python.text.indexOf('\n', last.start) }
    if (place.end < 0) place.end = last.end
    claimPod(claims, cloud, place, `${path}#pod`, python.code)
  },
  change: byHand,
})

function trainsThere(python: PythonModule, cloud: Cloud): boolean {
  if (!python.isEntry || python.evidence.role === 'test') return false
  if (fromElsewhere.test(python.code) && endingIn(cloud, python.code) === null) return false
  return trainsByPath.test(python.path.split('/').at(-1)!) || trainsAnywhere(python)
}
