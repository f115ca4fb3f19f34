import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { countedNetworks, isLarge } from '../network-size.js'
import { defineRule, type Severity } from '../rule.js'
import { hidden, notTraining, type Silence, unless } from '../silence.js'
import { subjectsOf } from '../subject-view.js'
import { learnsWide } from '../wide-data.js'

export default defineRule({
  name: 'compute/training-on-cpu',
  judges: 'Training',
  checklist: ['rightsize/match-instance', 'baseline/utilization'],
  severity: 'warning',
  finds: 'large networks that the code itself keeps on the CPU',
  summary:
    'A large network that is never put on an accelerator trains tens of times longer, with or without one.',
  check(view, { report, silent }) {
    const { device } = view.settings
    if (device === undefined || effective(device) !== 'cpu')
      return silent(unless(view, 'device', 'nothing keeps it on the CPU'))
    const stopped =
      notTraining(view) ??
      small(view) ??
      (device.state === 'known' ? undefined : hidden(view.run, 'accelerator'))
    if (stopped !== undefined) return silent(stopped)
    const asked = holdsAccelerators(view)
    // The job is told of the accelerators that it is paid for.
    if (asked && view.run.job.launch?.complete === true && !isInteractive(view))
      return silent('its job holds accelerators in vain, and is told of it')
    const severity: Severity = asked ? 'warning' : 'information'
    report({
      at: device,
      severity,
      message: `${placed(device)}${asked ? `, though its ${isInteractive(view) ? 'notebook' : 'job'} has an accelerator` : ', whatever machine it is started on'}: ${unreadNetwork(view) ? 'a network for pictures, sound or texts' : 'a network of this size'} takes tens of times as long there.`,
      fixes: device.state === 'known' ? [{ set: [{ claim: device, value: 'whatever there is' }] }] : [],
    })
  },
})

function placed(device: { state: string; key: string; overridable: boolean }): string {
  if (device.state !== 'known')
    return `Nothing puts the model and its batches on an accelerator (\`${device.key}\`), so it trains on the CPU`
  return device.overridable
    ? `Trains on the CPU unless it is told another device (\`${device.key}\`)`
    : `Trains on the CPU, as \`${device.key}\` says`
}

/** A processor may do. */
function small(view: SubjectView<'Training'>): Silence | undefined {
  const { evidence } = view.subject
  const why = evidence.negligible ?? evidence.small
  if (why !== undefined && why !== null) return { text: `the run is small: ${why}` }
  const light = effective(view.settings.lightNetwork)
  if (light !== undefined) return { text: `the network is light: ${light}` }
  if (effective(view.settings.boundBy) === 'an environment')
    return { text: 'its steps wait for an environment, not for the arithmetic' }
  return isLarge(view) ||
    effective(view.settings.fineTuning) === true ||
    decodesMedia(view) ||
    unreadNetwork(view)
    ? undefined
    : unless(view, 'parameters', 'the network is not known to be large')
}

/** Nobody can tell how large it is, and the code learns from pictures, sound or texts. */
function unreadNetwork(view: SubjectView<'Training'>): boolean {
  return (
    view.settings.model === undefined &&
    !isLarge(view) &&
    countedNetworks(view).length === 0 &&
    learnsWide(view)
  )
}

/** Pictures and recordings are read for its samples: what learns from these is convolutional or larger. */
function decodesMedia({ run }: SubjectView): boolean {
  return subjectsOf(run, 'InputPipeline').some(
    ({ settings }) => effective(settings.work) === 'decode' && effective(settings.feeds) !== 'evaluation',
  )
}

function holdsAccelerators({ run }: SubjectView): boolean {
  const gpus = effective(run.job.compute?.settings.gpus)
  return gpus !== undefined && gpus > 0
}

function isInteractive({ run }: SubjectView): boolean {
  return effective(run.job.compute?.settings.interactive) === true
}
