/**
 * Training scripts of timm and of torchvision's references, started out of their own folders. Source: timm 1.0, train.py;
 * torchvision 0.22, references/classification/train.py.
 */
import { convert, firstGiven, orDefault, orUnknown } from '../../values/operations.js'
import { asBoolean, asNumber } from '../../values/parse.js'
import { isGiven } from '../../values/value.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import { settingTable } from '../setting-table.js'
import type { LaunchSource } from './launch-source.js'
import type { Around, PublishedScript } from './published-script.js'

export const visionSettings = settingTable('Training', {
  epochs: { keys: ['epochs'], parse: asNumber },
  batchSize: { keys: ['batch-size', 'b'], parse: asNumber, write: (size) => size },
  imageEdge: { keys: ['img-size', 'train-crop-size'], parse: asNumber, otherwise: 224 },
  saves: { keys: ['output-dir'], parse: () => 'while it runs' as const, otherwise: 'while it runs' },
})

export const visionScripts: readonly PublishedScript[] = [
  {
    named: /^train\.py$/,
    within: /(^|\/)(pytorch-image-models|timm)\/train\.py$/,
    known: ['model'],
    read: (source, training, around) => {
      readTraining(source, training)
      claimLoader(source, around, 4)
    },
  },
  {
    named: /^train\.py$/,
    within: /(^|\/)references\/classification\/train\.py$/,
    known: ['model', 'data-path'],
    read: (source, training, around) => {
      readTraining(source, training)
      claimLoader(source, around, 16)
    },
  },
]

function readTraining(source: LaunchSource, training: SubjectBuilder<'Training'>): void {
  visionSettings.claim(training, source)
  const name = source.text('model')
  training.say('model', 'model', orUnknown(name, 'a model by default'))
  const mixed = convert(orDefault(source.get('amp'), false), asBoolean)
  training.say(
    'precision',
    'amp',
    convert(mixed, (on) => (on ? 'fp16-mixed' : 'fp32')),
  )
}

/** Pictures are decoded and cut when they are asked for. */
function claimLoader(source: LaunchSource, { claims, evidence, job }: Around, byDefault: number): void {
  const { place, launch } = source
  const pipeline = claims.subject('InputPipeline', place, 'launch', { ...evidence }, job)
  pipeline.subject.location = launch.location
  const [long, short] = [source.number('workers'), source.number('j')]
  pipeline.say('workers', isGiven(long) ? 'workers' : 'j', orDefault(firstGiven(long, short), byDefault))
  pipeline.known('feeds', 'train', 'training', place, { location: launch.location })
  pipeline.known('work', 'ImageFolder', 'decode', place, { location: launch.location })
  pipeline.known('decoder', 'ImageFolder', 'ImageFolder', place, { location: launch.location })
}
