/** How long a configuration of OpenMMLab trains, how often it evaluates and saves. Source: mmengine, runner/loops.py, hooks/checkpoint_hook.py. */
import type { Configured } from '../../text/configured.js'
import { convert } from '../../values/operations.js'
import { asNumber } from '../../values/parse.js'
import {
  frameworkConfigPlace,
  type InheritedClaims,
  often,
  rarely,
} from '../framework-configs/inherited-claims.js'
import { claimOperation } from '../operation-claims.js'
import type { Config } from './config.js'

/** Configurations of MMEngine; mmcv spells these in other ways. */
export function readRun(config: Config, training: InheritedClaims<'Training'>): void {
  const epochs = config.node('train_cfg', 'max_epochs')
  const steps = config.node('train_cfg', 'max_iters')
  const [length, total] = [epochs ?? steps, numberOf(epochs ?? steps)]
  if (length === undefined || total === undefined) return
  const inEpochs = epochs !== undefined
  if (inEpochs) training.known('epochs', 'train_cfg.max_epochs', total, length)
  else {
    training.known('maxSteps', 'train_cfg.max_iters', total, length)
    if (config.node('val_dataloader')?.kind === 'map')
      readRhythm(config, 'evaluate', ['train_cfg', 'val_interval'], total)
  }
  readCheckpoints(config, training, total, inEpochs)
}

function numberOf(node: Configured | undefined): number | undefined {
  return node?.kind === 'scalar' && typeof node.value === 'number' ? node.value : undefined
}

/** Every so many steps of a run that is counted in steps. */
function readRhythm(config: Config, kind: 'evaluate' | 'save', keys: string[], steps: number): void {
  const node = config.node(...keys)
  const every = numberOf(node)
  if (node === undefined || every === undefined || every < 1 || every > often) return
  const key = keys.join('.')
  // The change needs to know how long the run is: twenty times in all are few enough.
  const { place, options } = frameworkConfigPlace(node, config.python.path, config.place, rarely(steps))
  const operation = claimOperation(config.claims, {
    kind,
    place: 'step',
    key,
    at: place,
    site: options.site ?? place,
    options: { ...options, overridable: config.binding === null },
    scope: key,
    apart: `:${key}`,
    evidence: config.evidence('training'),
  })
  operation.known('every', key, every, place)
  operation.known('times', key, Math.floor(steps / every), place)
}

const hook = ['default_hooks', 'checkpoint']

/** Saved every `interval` epochs, or steps where `by_epoch` is False; less than 1: only at the end. */
function readCheckpoints(
  config: Config,
  training: InheritedClaims<'Training'>,
  total: number,
  inEpochs: boolean,
): void {
  const holder = config.node(...hook)
  const every = config.node(...hook, 'interval')
  const interval = numberOf(every)
  if (holder?.kind !== 'map' || every === undefined || interval === undefined) return
  const unit = config.node(...hook, 'by_epoch')
  const savesInEpochs = unit === undefined || (unit.kind === 'scalar' && unit.value === true)
  if (interval > 0 && savesInEpochs !== inEpochs) return
  const onTheWay = interval > 0 && interval < total
  training.known('saves', 'interval', onTheWay ? 'while it runs' : 'at the end', every)
  if (!onTheWay) return
  const kept = config.node(...hook, 'max_keep_ckpts')
  const most = convert(training.value(kept), asNumber)
  training.say(
    'keptCheckpoints',
    'max_keep_ckpts',
    convert(most, (count) => (count < 0 ? null : count)),
  )
  training.known('checkpointCount', 'interval', Math.floor(total / interval), every)
  if (!inEpochs) readRhythm(config, 'save', [...hook, 'interval'], total)
}
