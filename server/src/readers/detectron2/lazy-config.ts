/**
 * LazyConfig of detectron2 (`lazyconfig_train_net.py --config-file x.py`), also used by detrex: Python files that import
 * names of each other and change them. Source: detectron2, config/lazy.py, configs/common/train.py (`amp.enabled` False),
 * tools/lazyconfig_train_net.py.
 */
import { overrideValue } from '../../link/hydra-overrides.js'
import { ownConfiguration } from '../../link/inherited-configuration.js'
import { configurationModule } from '../../python/configuration-module.js'
import type { PythonModule } from '../../python/module.js'
import { isMainGuard } from '../../python/scopes.js'
import { type ConfiguredMap, configuredAt } from '../../text/configured.js'
import { changedAt } from '../../text/merge-configured.js'
import { lookUp } from '../../text/records.js'
import type { Launch } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { startsTraining } from '../framework-configs/inherited-claims.js'
import { defineReader, type UnreadModule } from '../reader.js'
import { isMixed, readFrameworkConfig, type Spelling } from './config.js'

const spelling: Spelling = {
  solver: ['train'],
  amp: ['train', 'amp', 'enabled'],
  steps: ['train', 'max_iter'],
  evaluates: ['train', 'eval_period'],
  saves: ['train', 'checkpointer', 'period'],
  loader: ['dataloader', 'train'],
  workers: ['dataloader', 'train', 'num_workers'],
}

export const lazyConfigReader = defineReader({
  name: 'detectron2-lazy',
  leads: mayBeLazy,
  languages: ['python'],
  triggers: ['dataloader', 'get_config'],
  read(facts, context, claims) {
    const { python, fragment } = facts
    if (python === undefined || fragment.index !== 0 || !looksLazy(python)) return
    const launch = context.binding?.launch
    if (launch !== undefined && !startsTraining(launch)) return
    claims.frameworkConfig('detectron2-lazy', true)
    const module = facts.inherited === undefined ? configurationModule(python, fragment) : null
    const root = facts.inherited ?? (module === null ? null : ownConfiguration(facts.path, module))
    if (root === null || !isWhole(root)) return
    const merged = launch === undefined ? root : withOverrides(root, launch)
    const [first] = python.tree.body
    readFrameworkConfig({
      claims,
      path: facts.path,
      root: merged,
      spelling,
      place: { start: first?.start ?? 0, end: first?.end ?? 1 },
      launched: launch !== undefined,
      accelerator: 'gpu',
      unclear:
        configuredAt(merged, ...spelling.amp) === undefined || fromLibrary(merged)
          ? null
          : 'a file outside of the project',
    })
  },
  change(claim, value, facts) {
    const { python, path } = facts
    const { fragment, start, end, target } = claim.site
    if (python === undefined) return { reason: 'the launch line sets this: change it there' }
    const every = target?.kind === 'interval' ? String(target.steps) : undefined
    const text =
      claim.setting === 'precision' ? 'True' : claim.setting === 'workers' ? String(value ?? 4) : every
    if (claim.setting === 'precision' && !isMixed(value))
      return { reason: 'detectron2 trains in fp16 or fp32' }
    if (claim.state === 'default' || text === undefined) return byHand(claim)
    return {
      title: `Set ${claim.key} to ${text}`,
      safety: 'unsafe',
      writes: [{ kind: 'replace', path, range: { fragment, start, end }, text }],
      imports: [],
    }
  },
})

const library = /^(detectron2\.config|detectron2\.model_zoo|detrex\.config)\b/
const parts = /^from \.\S* import .*\b(train|dataloader|model)\b/m

/** It takes names from another configuration, or makes what it holds by `LazyCall`. */
function looksLazy(python: PythonModule): boolean {
  if (python.isEntry || python.classes.length > 0) return false
  return [...python.imports].some((name) => library.test(name)) || parts.test(python.code)
}

/** The same as far as the tree tells. */
function mayBeLazy({ tree, text, imports }: UnreadModule): boolean {
  if (tree.body.some((one) => one.type === 'class' || (one.type === 'if' && isMainGuard(one.test))))
    return false
  return imports.some((name) => library.test(name)) || parts.test(text)
}

/** A model, its data, and how long it is trained: files with less than that are parts. */
function isWhole(root: ConfiguredMap): boolean {
  return ['model', 'dataloader', 'train', 'optimizer'].every(
    (name) => lookUp(root.entries, name) !== undefined,
  )
}

/** `train` comes from the library's own file, and nothing here says more about the format. */
function fromLibrary(root: ConfiguredMap): boolean {
  const file = configuredAt(root, 'train', '_file_')
  const train = root.entries.train
  return (
    file?.kind === 'scalar' &&
    file.value === 'common/train.py:train' &&
    train?.kind === 'map' &&
    train.entries.amp === undefined
  )
}

/** `train.amp.enabled=True` */
function withOverrides(root: ConfiguredMap, launch: Launch): ConfiguredMap {
  let merged = root
  for (const [name, given] of Object.entries(launch.flags)) {
    if (!name.includes('.')) continue
    const at = { location: given.location, document: 0, keys: null }
    const value = typeof given.value === 'string' ? overrideValue(given.value) : undefined
    merged = changedAt(merged, name.split('.'), () =>
      value === undefined
        ? { kind: 'unknown', because: 'a value of the launch line', at }
        : { kind: 'scalar', value, at },
    )
  }
  return launch.complete ? merged : { ...merged, open: 'arguments of the launch line' }
}
