/**
 * Models that a trainer of TRL loads by their names: `SFTTrainer('Qwen/Qwen3-8B', args=SFTConfig(model_init_kwargs={…}))`.
 * Source: TRL 0.12 to 1.9, trainer/utils.py and trainer/sft_trainer.py.
 */
import type { Call, PythonModule } from '../../python/module.js'
import { isLeftOut, mayBePassed, passedCall, passedPlace, textArgument } from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import { calleePlace } from '../../values/places.js'
import { effective } from '../../values/value.js'
import { ClaimBuilder } from '../../workload/builder.js'
import { byHand, changeOf } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { claimOperation } from '../operation-claims.js'
import { defineReader, type ReaderContext } from '../reader.js'
import { isBefore } from '../versions.js'
import { sizeOfModel } from './model-sizes.js'
import { eagerWantedFor, evidenceOf, isFullFormat } from './models.js'
import { argumentsFamily } from './trainer-names.js'
import { trainerCalls, trainerName } from './trainers.js'

const options = 'model_init_kwargs'
const attention = 'attn_implementation'

interface Loaded {
  id: string
  trainer: Call
  configuration: CallSource
}

export const modelsByNameReader = defineReader({
  name: 'huggingface-models-by-name',
  languages: ['python'],
  triggers: ['trl'],
  read(facts, { versions }, claims) {
    const { python } = facts
    if (python === undefined) return
    for (const trainer of trainerCalls(python)) {
      if (trainerName(python, trainer)?.startsWith('trl.') !== true) continue
      const id = textArgument(python.argument(trainer, 'model', 0))
      const made = passedCall(python, python.argument(trainer, 'args'))
      if (id === null || made === null || argumentsFamily(made.name ?? '')?.trl !== true) continue
      const loaded = { id, trainer, configuration: new CallSource(python, made, claims) }
      readAttention(python, loaded, claims)
      readFormat(python, loaded, versions, claims)
    }
  },
  change(claim, _value, facts) {
    const call = claimedCall(facts.python, claim.site)
    if (call === null) return { reason: 'the call is no longer in the file' }
    const code = claim.setting === 'weights' ? 'bfloat16' : claim.setting === 'kind' ? 'sdpa' : null
    if (code === null) return byHand(claim)
    const key = claim.setting === 'kind' ? attention : claim.key
    const locator = new ClaimBuilder(facts.path, facts.fragment, claim.reader)
    const write = new CallSource(facts.python!, call, locator).set([options, key], code)
    return 'reason' in write ? write : changeOf(`Load the model with "${key}": "${code}"`, [write])
  },
})

function readAttention(python: PythonModule, { id, configuration }: Loaded, claims: ClaimBuilder): void {
  const given = configuration.get(options, attention)
  const at = passedPlace(configuration.argument(options, attention))
  if (at === null || effective(given) !== 'eager') return
  claimOperation(claims, {
    kind: 'eager attention',
    place: 'step',
    key: `${attention}="eager"`,
    at,
    site: configuration.site(options, attention),
    scope: configuration.call.function?.qualified ?? '',
    evidence: evidenceOf(python),
    from: given,
    weight: 'ordinary',
    subject: id,
    wantedFor: eagerWantedFor(python, id),
  })
}

/** TRL loads in fp32 unless it is told otherwise, whatever transformers does by itself. */
function readFormat(
  python: PythonModule,
  { id, trainer, configuration }: Loaded,
  versions: ReaderContext['versions'],
  claims: ClaimBuilder,
): void {
  const parameters = sizeOfModel(id)
  if (parameters === null) return
  const key = isBefore(versions, ['trl'], '0.23') ? 'torch_dtype' : 'dtype'
  const place = calleePlace(trainer)
  const site = configuration.site(options, key)
  const loaded = claims.subject('Model', place, trainer.function?.qualified ?? '', evidenceOf(python))
  loaded.known('id', 'model', id, place, { site })
  loaded.known('parameters', 'model', parameters, place, { site })
  const adapters = python.argument(trainer, 'peft_config')
  if (/^peft\.(\w+\.)*\w+Config$/.test(passedCall(python, adapters)?.name ?? ''))
    loaded.known('use', 'peft_config', 'frozen', place, { site })
  else if (isLeftOut(adapters)) loaded.known('use', 'peft_config', 'trained', place, { site })
  else loaded.unknown('use', 'peft_config', 'its adapters cannot be read', place, { site })
  const formats = ['dtype', 'torch_dtype'].map((name) => configuration.argument(options, name))
  const full = formats.find((one) => isFullFormat(python, one))
  const at = full === undefined ? null : passedPlace(full)
  const quantized = [
    configuration.argument(options, 'quantization_config'),
    python.argument(trainer, 'quantization_config'),
  ]
  if (at !== null) loaded.known('weights', key, 'fp32', at, { site })
  // For one release it kept the format of the checkpoint.
  else if (
    [...formats, ...quantized].some(mayBePassed) ||
    (isBefore(versions, ['trl'], '0.27') && !isBefore(versions, ['trl'], '0.26'))
  )
    loaded.unknown('weights', key, 'its format is given', place, { site })
  else loaded.default('weights', key, 'fp32', place, { site })
}
