/** Ultralytics: a model that is built from its description (`yolo11n.yaml`) and trained from random weights. */
import { fixedArgument, knownArgument, mayBePassed } from '../../values/argument.js'
import { claimedCall } from '../claim-argument.js'
import { claimFresh, meansRandom } from '../fresh-model.js'
import { trainingEvidence } from '../pytorch/evidence.js'
import { defineReader } from '../reader.js'

/** Descriptions that come with the library; a folder before the name may hold one of the user's own. */
const official = /^(yolov?\d+[nsmlxtcbe](-(seg|cls|pose|obb))?|rtdetr-[lx])\.yaml$/

export const ultralyticsFreshWeightsReader = defineReader({
  name: 'ultralytics-fresh-weights',
  languages: ['python'],
  triggers: ['ultralytics'],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined || python.evidence.role === 'test') return
    for (const train of python.calls) {
      const made = train.method === 'train' ? train.receiverCall : null
      if (made === null || !/^ultralytics\.(\w+\.)*(YOLO|RTDETR)$/.test(made.name ?? '')) continue
      const id = fixedArgument(python.argument(made, 'model', 0))
      if (typeof id !== 'string' || !official.test(id)) continue
      // `pretrained=` of `train` names weights; as a switch it changes nothing here.
      const weights = python.argument(train, 'pretrained')
      if (mayBePassed(weights) && typeof knownArgument(weights) !== 'boolean') continue
      if (/\.load\(/.test(python.code) || meansRandom(python) !== null) continue
      const evidence = trainingEvidence(python)
      evidence.role = 'training'
      if (evidence.accelerator === 'none') evidence.accelerator = 'maybe'
      claimFresh(claims, evidence, {
        ...{ call: made, architecture: id, key: 'model', given: true },
        ...{ source: /-cls/.test(id) ? 'ImageNet' : 'COCO' },
      })
    }
  },
  change(claim, _value, facts) {
    const { python, path, fragment } = facts
    const call = claimedCall(python, claim.site)
    const given = call?.expr.args[0]
    if (python === undefined || given === undefined || given.value.type !== 'constant')
      return { reason: 'name the file with the weights (.pt) where the model is named' }
    const written = python.text.slice(given.value.start, given.value.end)
    return {
      title: `Start from pretrained weights (${String(given.value.value).replace(/\.yaml$/, '.pt')})`,
      safety: 'unsafe',
      writes: [
        {
          kind: 'replace',
          path,
          range: { fragment: fragment.index, start: given.value.start, end: given.value.end },
          text: written.replace('.yaml', '.pt'),
        },
      ],
      imports: [],
    }
  },
})
