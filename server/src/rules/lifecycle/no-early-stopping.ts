import { formatCount } from '../../estimate/grid.js'
import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { atLeast, atMost, type Bound } from '../bounds.js'
import { defineRule, type FixRequest, type Severity } from '../rule.js'
import { isSilence, notTraining, unless } from '../silence.js'
import { subjectsOf } from '../subject-view.js'
import { onAccelerator } from '../training/operation.js'
import { boostingReport } from './boosting-rounds.js'
import { fadedReport } from './faded-rate.js'
import { passesOf } from './passes.js'
import { beyondSolved } from './solved-task.js'
import { hasUnreadEpochs } from './unread-epochs.js'

/** Share of the epochs after the best one. An assumption: it depends on the model and the data. */
const after: [number, number] = [0.1, 0.4]

export default defineRule({
  name: 'lifecycle/no-early-stopping',
  judges: 'Training',
  checklist: ['waste/stop-weak-trials', 'bottleneck/bad-trials', 'baseline/training-time'],
  severity: 'warning',
  finds: 'many epochs or boosting rounds with validation, and nothing that ends the run',
  summary: 'A run that validates but never stops early pays for every epoch after its best one.',
  check(view, { report, silent, options }) {
    const { settings } = view
    const { earlyStopping } = settings
    if (earlyStopping === undefined || effective(earlyStopping) !== false)
      return silent(unless(view, 'earlyStopping', 'early stopping is used'))
    const untrained = notTraining(view)
    if (untrained !== undefined) return silent(untrained)
    if (searchesOf(view).some(({ settings }) => effective(settings.earlyTermination) === true))
      return silent('its epochs are those of a trial, which the search ends where it is weak')
    const solved = beyondSolved(view)
    if (solved !== undefined) {
      if (isSilence(solved)) silent(solved)
      else report(solved)
      return
    }
    const faded = fadedReport(view)
    if (faded !== null) return report(faded)
    const openEnded = openEndedBy(view)
    const noBest = `${openEnded} has no best epoch that validation shows`
    // Rounds that a search draws waste most where they are most.
    const rounds = atMost(settings.rounds)
    if (rounds !== null) {
      const found = openEnded === undefined ? boostingReport(view, rounds) : null
      if (found !== null) report(found)
      else silent(openEnded === undefined ? `the run is short: ${rounds.says} boosting rounds` : noBest)
      return
    }
    const passes = passesOf(view)
    const tuned = effective(settings.fineTuning) === true
    if (passes !== null && passes >= manyPasses && openEnded === undefined && (tuned || !planned(view)))
      return report({
        at: settings.maxSteps!,
        severity: tuned && passes >= farTooMany ? 'warning' : 'information',
        message: passesText(view, passes),
        together: 'passes',
      })
    if (effective(settings.validation) !== true)
      return silent(unless(view, 'validation', 'nothing validates in this run'))
    const steps = effective(settings.maxSteps) ?? null
    if (steps !== null) {
      const many = steps >= manySteps && watchesItsBest(view)
      if (!many) return silent(`a budget of steps ends the run: ${formatCount(steps)}`)
      if (openEnded !== undefined) return silent(noBest)
      return report({
        at: earlyStopping,
        severity: 'information',
        message: messageOf(view, `Up to ${formatCount(steps)} steps with validation`),
      })
    }
    const length = atLeast(settings.epochs)
    if (length === null && !hasUnreadEpochs(view)) return silent(unless(view, 'epochs', ''))
    const managed = effective(settings.managed) === true
    const few = length !== null && length.value < least(view, options.lifecycle.minEpochs)
    const wanted = effective(settings.stoppingWanted) !== undefined
    const stages = effective(settings.stages)
    const together = few && stages !== undefined && stages.epochs >= least(view, options.lifecycle.minEpochs)
    const enough =
      !few ||
      together ||
      (managed && severalEvaluations(view, options.lifecycle.minEpochs)) ||
      (wanted && length.value >= options.lifecycle.minEpochs / 4)
    if (!enough) return silent(unless(view, 'epochs', `the run is short: ${length.says} epochs`))
    if (openEnded !== undefined) return silent(noBest)
    report({
      at: earlyStopping,
      severity:
        length === null
          ? unreadLength(view)
          : together
            ? 'information'
            : few
              ? shortRun(view, wanted)
              : severityOf(view, managed, length.value <= least(view, options.lifecycle.minEpochs)),
      message: messageOf(
        view,
        length === null
          ? null
          : together
            ? `${formatCount(stages.epochs)} epochs in ${stages.calls} calls with validation`
            : epochsText(view, length),
      ),
      saving: {
        fraction: after,
        usd: null,
        basis: 'assumes that the best epoch comes after 60 to 90 % of the run; your validation curve tells',
      },
      // Each of several calls is ended by itself.
      fixes: managed && length !== null && !together ? fixesFor(view, length.value) : [],
    })
  },
})

/** Nobody counts passes who counts steps: so many are over data that a network has long seen, so many again far too often. */
const manyPasses = 20
const farTooMany = 50

/** '2,000 steps are about 128 passes over the samples, without validation: …'. */
function passesText({ settings }: SubjectView<'Training'>, passes: number): string {
  const steps = formatCount(effective(settings.maxSteps) as number)
  const looks = effective(settings.validation) === true ? 'with' : 'without'
  const whole = formatCount(Math.round(passes))
  const learned =
    effective(settings.fineTuning) === true
      ? 'pretrained weights take up what they hold in a few'
      : 'fewer may do'
  return `${steps} steps are about ${whole} passes over the samples, ${looks} validation: ${learned}, and nothing ends the run.`
}

/** Why validation does not tell when to stop; undefined where it does, as for whoever keeps the epoch that is best by it. */
function openEndedBy({ settings }: SubjectView<'Training'>): string | undefined {
  const reason = effective(settings.openEnded)
  const chooses = effective(settings.keepsBest) === true
  return chooses && reason !== undefined && learnsFromData.has(reason) ? undefined : reason
}

const learnsFromData = new Set(['adversarial training', 'self-supervised learning', 'diffusion'])

/** Pretrained weights are mostly trained for a few epochs, as is what is looked at within an epoch: perhaps once or twice in all. */
function unreadLength({ settings }: SubjectView<'Training'>): Severity {
  const { evaluatedEvery, fineTuning } = settings
  return effective(fineTuning) === true || effective(evaluatedEvery)?.unit === 'steps'
    ? 'hint'
    : 'information'
}

/** A budget of steps is laid out for a model that goes on learning; from here on it may be more than that. */
const manySteps = 10_000

/** A library validates for a metric, as it does for a task with an answer; a language model of tokens has no best. */
function watchesItsBest({ settings }: SubjectView<'Training'>): boolean {
  const { managed, monitor, languageHead } = settings
  return effective(managed) === true && monitor !== undefined && effective(languageHead) !== true
}

/**
 * A short run may be past its best as well: where it has half of the epochs that count as many, or where pretrained weights are
 * looked at several times in each of a few passes.
 */
function severalEvaluations(view: SubjectView<'Training'>, epochs: number): boolean {
  if (isTrial(view)) return false
  const { evaluatedEvery, epochs: passes, fineTuning } = view.settings
  const count = effective(passes) ?? 0
  if (effective(fineTuning) !== true) return count >= epochs / 2
  return count >= fewPasses && effective(evaluatedEvery)?.unit === 'steps'
}

/** The best of pretrained weights may come in the second pass. */
const fewPasses = 3

/** Hours on an accelerator are worth knowing of; anything else is soon done. */
function shortRun(view: SubjectView<'Training'>, wanted: boolean): Severity {
  const { notebook, small } = view.subject.evidence
  if (!onAccelerator(view) || small !== null) return 'hint'
  // A notebook takes one step off, which a pass of such a model outweighs, or that somebody meant to have it.
  return notebook && (wanted || mayTakeHours(view)) ? 'warning' : 'information'
}

/** A model of any size on a card that somebody has asked for, for more than a few passes, or a large one. */
function mayTakeHours({ settings, subject }: SubjectView<'Training'>): boolean {
  const parameters = effective(settings.parameters)
  if (parameters !== undefined) return parameters >= largeModel
  const counted = settings.layers !== undefined || settings.countedLayers !== undefined
  return !counted && subject.evidence.accelerator === 'gpu' && (effective(settings.epochs) ?? 0) >= fewEpochs
}

/** Parameters from which on a single pass takes hours. */
const largeModel = 1e9

/** Pretrained weights reach their best in fewer epochs. */
function least(view: SubjectView<'Training'>, epochs: number): number {
  const usual = effective(view.settings.fineTuning) === true ? Math.ceil(epochs / 2) : epochs
  return isTrial(view) ? 2 * usual : usual
}

/** Its epochs are those of each trial of a search, which are few on purpose, and of which weak ones are better ended by the search. */
function isTrial(view: SubjectView<'Training'>): boolean {
  return searchesOf(view).length > 0
}

function searchesOf({ run, settings }: SubjectView<'Training'>): SubjectView<'Search'>[] {
  const epochs = effective(settings.epochs)
  return subjectsOf(run, 'Search').filter((search) => {
    const steps = effective(search.settings.trialSteps)
    return epochs !== undefined && steps?.what === 'epochs' && steps.count === epochs
  })
}

function planned(view: SubjectView<'Training'>): boolean {
  return effective(view.settings.fullHorizonSchedule) === true
}

/**
 * Somebody has planned the rate over all epochs. That a library does so by itself says little of pretrained weights, whose best comes
 * early; it counts all the same outside notebooks, where nothing else lowers the severity.
 */
function meansAll(view: SubjectView<'Training'>): boolean {
  const { fullHorizonSchedule, fineTuning, monitor } = view.settings
  const byItself = fullHorizonSchedule?.state === 'default' && monitor !== undefined
  return planned(view) && !(byItself && effective(fineTuning) === true && view.subject.evidence.notebook)
}

function severityOf(view: SubjectView<'Training'>, managed: boolean, few: boolean): Severity {
  // A few passes on one's own processor cost hardly anything.
  const { accelerator } = view.subject.evidence
  const own = (accelerator === 'cpu' || accelerator === 'mps') && view.run.job.compute === null
  if (few && own) return 'hint'
  // Whoever looks at the curve in a notebook stops a short run by hand.
  if (few && view.subject.evidence.notebook) return 'information'
  // How long it runs may still be decided by who starts it.
  const open = view.settings.epochs?.overridable === true || switchedOff(view) !== ''
  const certain = managed && !meansAll(view) && effective(view.settings.openEnded) === undefined
  return certain && !open ? 'warning' : 'information'
}

/** `length`: as the beginning of a sentence; null: it cannot be read. */
function messageOf(view: SubjectView<'Training'>, length: string | null): string {
  const monitor = effective(view.settings.monitor)?.name
  const stalls = monitor === undefined ? 'validation' : `\`${monitor}\``
  const schedule = planned(view)
    ? ' The learning rate is planned over all of them, so leave enough patience.'
    : ''
  const off = switchedOff(view)
  const wanted = effective(view.settings.stoppingWanted)
  const rest = `${off}.${wanted === undefined ? '' : ` ${wanted}.`}${schedule}`
  return length === null
    ? `However many epochs this run is given, all are run: it validates, but nothing ends it when ${stalls} stops improving${rest}`
    : `${length}, but nothing ends the run when ${stalls} stops improving${rest}`
}

/** The program has early stopping, which is off unless somebody asks for it; empty: it has none. */
function switchedOff({ settings: { earlyStopping } }: SubjectView<'Training'>): string {
  return earlyStopping?.state === 'known' ? `: \`${earlyStopping.key}\` is off` : ''
}

function epochsText(
  { settings: { epochs, evaluatedEvery } }: SubjectView<'Training'>,
  length: Bound,
): string {
  const count = length.exact ? `Up to ${length.says}` : `At least ${formatCount(length.value)}`
  const byDefault = epochs?.state === 'default' ? `, the default of \`${epochs.key}\`` : ''
  const every = effective(evaluatedEvery)
  const often =
    every?.unit === 'steps' && length.value < fewEpochs ? ` every ${formatCount(every.count)} steps` : ''
  return `${count} epochs with validation${often}${byDefault}`
}

/** In so few of them it is the evaluations within each that tell when to stop. */
const fewEpochs = 10

/** Evaluations without a gain after which a run ends that has several in an epoch. */
const manyEvaluations = 10

function fixesFor(view: SubjectView<'Training'>, epochs: number): FixRequest[] {
  const smallest = effective(view.settings.fineTuning) === true || epochs <= fewEpochs ? 3 : 5
  // Of evaluations within an epoch there are many, and a planned learning rate falls slowly at first.
  const within = effective(view.settings.evaluatedEvery)?.unit === 'steps' && planned(view)
  const patience = Math.max(within ? manyEvaluations : smallest, Math.floor(epochs / 10))
  return [{ set: [{ claim: view.settings.earlyStopping!, value: { patience } }] }]
}
