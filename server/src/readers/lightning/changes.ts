/** How a Lightning trainer's settings are written. */
import { at, entries } from '../../config/access.js'
import { nameFor, type SpelledName } from '../../edit/imports.js'
import type { Change, Import, Refusal } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import { lookUp } from '../../text/records.js'
import { knownArgument, passedExpression } from '../../values/argument.js'
import { effective } from '../../values/value.js'
import { isWrittenIn, writeArgument } from '../../values/write-argument.js'
import type { Claim } from '../../workload/claim.js'
import { addCallback } from '../add-callback.js'
import { byHand, changeOf } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { patienceFor, withPatience } from '../early-stopping.js'
import { handOverCallback } from '../hand-over-callback.js'
import { overflowsInHalf } from '../huggingface/weights.js'
import { isOnLaunchLine, isSetByLaunch, writeLaunchFlag } from '../launch-flag.js'
import { hasBf16Units, hasCard, hasCardWithBf16, ifPossible } from '../pytorch/bf16-units.js'
import { sparseRefusal } from '../pytorch/loop-facts.js'
import { refusedBecause, refusedLossOfFit } from '../pytorch/refused-losses.js'
import type { FragmentFacts } from '../reader.js'
import { changeStoppingSwitch } from '../stopping-switch.js'
import { isBefore } from '../versions.js'
import { isConfigured, writeConfigured } from '../write-configured.js'
import { writeLaunchValue } from '../write-launch-value.js'
import { loggedMetric } from './module-facts.js'
import { whyNotHalf } from './precision.js'
import { isFromBeforeBf16 } from './releases.js'
import { checkpointClass, stoppingSettings, trainerSettings } from './settings.js'

export function changeLightning(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const switched = changeStoppingSwitch(claim, facts)
  if (switched !== null) return switched
  if (isOnLaunchLine(claim)) return changeLaunchLine(claim, value, facts)
  if (isConfigured(claim, facts)) return changeConfigured(claim, value, facts)
  if (claim.site.target?.kind === 'call' && claim.site.target.role === 'parser')
    return { reason: `pass --trainer.${claim.key} or set it in the configuration file` }
  if (isSetByLaunch(claim)) return changeLaunchValue(claim, value, facts)
  const { python } = facts
  const call = claimedCall(python, claim.site)
  if (python === undefined || call === null) return { reason: 'the call is no longer in the file' }
  if (claim.setting === 'precision') return changePrecision(python, call, value, facts, isOlder(claim, facts))
  if (claim.setting === 'earlyStopping') return addEarlyStopping(python, call, value, facts)
  if (claim.setting === 'endless')
    return trainerSettings.change({ ...claim, setting: 'epochs' }, value, facts)
  if (claim.setting === 'epochs' || claim.setting === 'device')
    return trainerSettings.change(claim, value, facts)
  if (claim.setting === 'stoppingGap') return handOverCallback(python, claim, call, facts, 'the Trainer')
  if (claim.setting === 'patience')
    return withPatience(python, value, (patience) => stoppingSettings.change(claim, patience, facts))
  if (claim.setting === 'stopDirection') return stoppingSettings.change(claim, value, facts)
  return byHand(claim)
}

/** Settings of `LightningCLI` that neither its files nor its launch line give. */
function changeLaunchLine(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const word =
    claim.setting === 'precision'
      ? precisionWord(value, isOlder(claim, facts))
      : claim.setting === 'epochs'
        ? Number(value)
        : null
  if (word === null) return { reason: `${claim.key} is set on the launch line` }
  const flag = `--trainer.${claim.key} ${word}`
  const written = writeLaunchFlag(claim, flag, facts)
  if ('reason' in written) return written
  return {
    title: `Pass ${flag}`,
    safety: claim.setting === 'epochs' ? 'display' : 'unsafe',
    writes: [written],
    imports: [],
  }
}

/** What the launch gives the program. */
function changeLaunchValue(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { target } = claim.site
  if (target?.kind !== 'launch value' || value !== 'fp16-mixed')
    return { reason: 'it is set by the launch: change it there' }
  const { text } = target
  return changeOf(`Train with precision ${text}`, [writeLaunchValue(claim, text, facts)])
}

/** In the configuration that the arguments come from. */
function changeConfigured(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  if (claim.setting === 'precision') {
    if (value === 'bf16-mixed' && namesBeside(claim, facts).some(isFromBeforeBf16)) return noBf16
    if (value === 'bf16-mixed' && isBefore(facts.versions, distributions, firstBf16)) return noBf16
    const word = precisionWord(value, isOlder(claim, facts))
    return word === null ? { reason: 'only mixed precision is offered' } : writeConfigured(claim, word, facts)
  }
  if ((claim.setting === 'epochs' || claim.setting === 'patience') && typeof value === 'number') {
    const written = writeConfigured(claim, value, facts)
    return 'reason' in written || claim.setting === 'patience' ? written : { ...written, safety: 'display' }
  }
  if (claim.setting === 'workers')
    return typeof value === 'number'
      ? writeConfigured(claim, value, facts)
      : { reason: 'how many workers depends on the machine' }
  if (claim.setting === 'keptCheckpoints' && typeof value === 'number') {
    const written = writeConfigured(claim, value, facts)
    return 'reason' in written ? written : { ...written, title: `Keep the best ${value}` }
  }
  return { reason: `${claim.key} comes from a configuration file: change it there` }
}

/** The keys beside that of the claim: the other arguments of the trainer. */
function namesBeside({ site: { keys = [], document = 0 } }: Claim, { config }: FragmentFacts): string[] {
  return entries(at(config?.documents[document]?.root, ...keys.slice(0, -1))).map(({ key }) => key)
}

/** Lightning's own word for a format. Null: it is no mixed one. */
function precisionWord(value: unknown, first: boolean): string | number | null {
  if (value === 'bf16-mixed') return first ? 'bf16' : 'bf16-mixed'
  if (value === 'fp16-mixed') return first ? 16 : '16-mixed'
  return null
}

/** `scores.cpu().numpy()` in the module, or beside it; it may be of numbers that have another format. */
function handsToNumPy(python: PythonModule): boolean {
  if (python.uses('.numpy')) return true
  return python.imported.some(
    ({ uses, classes }) =>
      uses.includes('.numpy') &&
      Object.values(classes).some(({ bases }) => bases.some((one) => /\bLightningModule$/.test(one))),
  )
}

function changePrecision(
  python: PythonModule,
  call: Call,
  value: unknown,
  facts: FragmentFacts,
  first: boolean,
): Change | Refusal {
  const word = precisionWord(value, first)
  const code = literal(word)
  if (word === null) return { reason: 'only mixed precision is offered' }
  if (value === 'bf16-mixed' && isBeforeBf16(python, call, facts)) return noBf16
  if (value === 'bf16-mixed' && handsToNumPy(python))
    return { reason: 'NumPy has no bf16, and the module hands it tensors: convert them with .float() first' }
  const tooNarrow = value === 'fp16-mixed' ? whyNotHalf(python) : null
  if (tooNarrow !== null) return tooNarrow
  const refused = refusedLossOfFit(python)
  if (refused !== null) return { reason: refusedBecause(refused.loss, refused.maybe) }
  const sparse = sparseRefusal(python)
  if (sparse !== null) return { reason: sparse }
  const argument = python.argument(call, 'precision')
  const title = `Train with precision=${code}`
  const mayLackCard =
    first &&
    facts.card === undefined &&
    !runsOnGpu(python, call) &&
    (asksForCard(python) || mayAskForNone(python, call)) &&
    isWrittenIn(call, argument)
  if (value === 'fp16-mixed' && mayLackCard) {
    // The first version refuses fp16 on a processor.
    const { text, imports } = hasCard(python.tree, {
      path: facts.path,
      fragment: facts.fragment.index,
      offset: call.expr.start,
    })
    const written = writeArgument(facts, call, 'precision', argument, `${code} if ${text} else 32`)
    return changeOf(`${title} where there is a card`, [written], { imports })
  }
  const isKnown = value !== 'bf16-mixed' || facts.card !== undefined
  if (isKnown || !isWrittenIn(call, argument)) {
    const written = writeArgument(facts, call, 'precision', argument, code)
    return changeOf(isKnown ? title : `${title}${ifPossible}`, [written], {
      safety: isKnown ? 'unsafe' : 'display',
    })
  }
  const use = { path: facts.path, fragment: facts.fragment.index, offset: call.expr.start }
  const onGpu = runsOnGpu(python, call)
  const { text, imports } = (onGpu ? hasBf16Units : hasCardWithBf16)(python.tree, use)
  const half = onGpu && !overflowsInHalf(python) ? precisionWord('fp16-mixed', first) : first ? 32 : '32-true'
  const written = writeArgument(
    facts,
    call,
    'precision',
    argument,
    `${code} if ${text} else ${literal(half)}`,
  )
  return changeOf(`${title} where the card can`, [written], { imports })
}

const literal = (word: string | number | null): string =>
  typeof word === 'string' ? `"${word}"` : String(word)

const asksForCard = (python: PythonModule): boolean =>
  python.usesHere('torch.cuda.is_available', 'torch.cuda.device_count')

/** Its arguments ask for GPUs; by itself a trainer takes what there is. */
function runsOnGpu(python: PythonModule, call: Call): boolean {
  const gpus = knownArgument(python.argument(call, 'gpus'))
  return (
    /^(gpu|cuda)$/.test(String(knownArgument(python.argument(call, 'accelerator')))) ||
    (typeof gpus === 'number' && gpus !== 0)
  )
}

/** `gpus=1 if args.cuda else 0` */
function mayAskForNone(python: PythonModule, call: Call): boolean {
  const gpus = passedExpression(python.argument(call, 'gpus'))
  return (
    gpus?.type === 'conditional' &&
    [gpus.then, gpus.otherwise].some((one) => effective(python.fold(one)) === 0)
  )
}

const distributions = ['lightning', 'pytorch-lightning']

const firstBf16 = '1.5'
const noBf16: Refusal = {
  reason: `Lightning has bf16 from ${firstBf16} on, and this project uses an older one`,
}

/** Arguments of the callback that saves which had gone by then; the last of them, `period`, went with 1.5. */
const goneFromCheckpoint = /^(period|filepath|prefix)$/

/** What was an accelerator until 1.5 made it a strategy. */
const namesStrategy = /^(ddp|dp$|horovod)/

/** As the project pins it, else as the arguments in this file tell. */
function isBeforeBf16(python: PythonModule, call: Call, { versions }: FragmentFacts): boolean {
  return (
    isBefore(versions, distributions, firstBf16) ||
    call.expr.args.some((one) => isFromBeforeBf16(one.name ?? '')) ||
    // What went with 1.7 and was on its way out from 1.5 on leaves open which of them it is.
    (lookUp(versions, 'pytorch-lightning') === undefined &&
      lookUp(versions, 'lightning') === undefined &&
      call.expr.args.some((one) =>
        /^(checkpoint_callback|flush_logs_every_n_steps|terminate_on_nan)$/.test(one.name ?? ''),
      )) ||
    namesStrategy.test(String(knownArgument(python.argument(call, 'accelerator')))) ||
    python
      .callsTo(checkpointClass)
      .some(({ expr }) => expr.args.some((one) => goneFromCheckpoint.test(one.name ?? '')))
  )
}

/** The package that the file already imports Lightning from. */
function packageOf(python: PythonModule): string {
  const imports = [...python.imports]
  if (imports.some((name) => /^pytorch_lightning(\.|$)/.test(name))) return 'pytorch_lightning'
  return 'lightning.pytorch'
}

/** As the file would spell it; beside other callbacks where it imports them by name. */
function stoppingName(python: PythonModule, call: Call, facts: FragmentFacts): SpelledName {
  const place = { path: facts.path, fragment: facts.fragment.index }
  const module = `${packageOf(python)}.callbacks`
  if ([...python.imports].some((name) => name.startsWith(`${module}.`)))
    return { text: 'EarlyStopping', import: { ...place, module, name: 'EarlyStopping' } }
  return nameFor(python.tree, module, 'EarlyStopping', { ...place, offset: call.expr.start })
}

function addEarlyStopping(
  python: PythonModule,
  call: Call,
  value: unknown,
  facts: FragmentFacts,
): Change | Refusal {
  const name = stoppingName(python, call, facts)
  const imports: Import[] = name.import === null ? [] : [name.import]
  const metric = loggedMetric(python)
  const { patience, safety } = patienceFor(python, (value as { patience?: number }).patience ?? 5)
  const mode = metric === null || metric.lowerIsBetter ? 'min' : 'max'
  const code = `${name.text}(monitor="${metric?.name ?? 'val_loss'}", mode="${mode}", patience=${patience})`
  const write = addCallback(python, call, code, facts)
  if ('reason' in write) return write
  return {
    title:
      metric === null
        ? 'End the run when validation stalls (EarlyStopping); name a metric that your module logs'
        : `End the run when ${metric.name} stalls (EarlyStopping)`,
    // A metric that is never logged stops the run with an error after the first epoch.
    safety: metric === null ? 'display' : safety,
    writes: [write],
    imports,
  }
}

/** The library in use is older than version 2. */
function isOlder({ site: { target } }: Claim, { versions }: FragmentFacts): boolean {
  return (target?.kind === 'call' && target.older === true) || isBefore(versions, distributions, '2')
}
