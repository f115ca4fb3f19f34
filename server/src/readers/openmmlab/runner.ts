/** `Runner(…)` of MMEngine in a program of one's own. Source: mmengine 0.10, runner/runner.py, optim/optimizer/amp_optimizer_wrapper.py. */
import type { Change, Refusal, Write } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import { lookUp } from '../../text/records.js'
import { passedExpression } from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import { convert, orDefault, orUnknown } from '../../values/operations.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace } from '../../values/places.js'
import { effective, isGiven } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import type { Precision } from '../../workload/resource-kinds.js'
import { byHand, changeOf } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { trainingEvidence } from '../pytorch/evidence.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { wrappers } from './config.js'

export const mmengineRunnerReader = defineReader({
  name: 'mmengine-runner',
  title: 'MMEngine, Runner',
  languages: ['python'],
  triggers: ['mmengine'],
  read({ python }, _context, claims) {
    for (const call of python!.calls)
      if (/^mmengine\.(runner\.)?Runner$/.test(call.name ?? '')) readRunner(python!, call, claims)
  },
  change,
})

function readRunner(python: PythonModule, call: Call, claims: ClaimBuilder): void {
  const source = new CallSource(python, call, claims)
  // What it only tests has no optimiser.
  if (!isGiven(source.get('train_dataloader')) || !isGiven(source.get('optim_wrapper'))) return
  const place = calleePlace(call)
  const training = claims.subject('Training', place, call.function?.qualified ?? '', {
    ...trainingEvidence(python),
    role: 'training',
    accelerator: 'gpu',
  })
  training.known('managed', 'Runner', true, place)
  training.say('epochs', 'train_cfg.max_epochs', convert(source.get('train_cfg', 'max_epochs'), asNumber))
  const steps = convert(source.get('train_cfg', 'max_iters'), asNumber)
  if (isGiven(steps)) training.say('maxSteps', 'train_cfg.max_iters', steps)
  const type = source.get('optim_wrapper', 'type')
  const dtype = effective(source.get('optim_wrapper', 'dtype'))
  const named = orDefault(type, 'OptimWrapper')
  const format = convert(named, (name): Precision | undefined => {
    const found = typeof name === 'string' ? lookUp(wrappers, name.split('.').at(-1)!) : undefined
    return found === 'fp16-mixed' && dtype === 'bfloat16' ? 'bf16-mixed' : found
  })
  if (isGiven(source.get('cfg')) && !isGiven(type)) return
  training.say('precision', 'optim_wrapper.type', orUnknown(format, 'an optimiser wrapper of its own'))
}

function change(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python, path, fragment } = facts
  const call = claimedCall(python, claim.site)
  if (call === null || claim.setting !== 'precision') return byHand(claim)
  if (value !== 'bf16-mixed' && value !== 'fp16-mixed') return { reason: 'only 16-bit formats are offered' }
  const given = passedExpression(python!.argument(call, 'optim_wrapper'))
  const dictionary = given === null ? null : python!.callOf(given)
  if (dictionary?.name !== 'dict')
    return { reason: 'optim_wrapper is written in another way: use AmpOptimWrapper' }
  const { start, end } = dictionary.expr
  const write = (name: string, text: string): Write => ({
    kind: 'set keyword',
    path,
    call: { fragment: fragment.index, start, end },
    name,
    value: `'${text}'`,
  })
  const bf16 = value === 'bf16-mixed'
  return changeOf(`Train in ${bf16 ? 'bf16' : 'fp16'} (AmpOptimWrapper)`, [
    write('type', 'AmpOptimWrapper'),
    write('dtype', bf16 ? 'bfloat16' : 'float16'),
  ])
}
