/**
 * Pipelines of DVC: `dvc.yaml`. A stage is passed over while its command, dependencies and parameters are the same, and
 * `always_changed` switches that off. Source: dvc.org, "dvc.yaml Files".
 */
import { at, boolean, entries, entry, items, map, text, textWithTemplates } from '../../config/access.js'
import type { ConfigDocument, ConfigEntry, ConfigNode } from '../../config/node.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { keyedPlace, writeKeys } from '../config-change.js'
import { claimScript } from '../job-script.js'
import { workOfName } from '../pipelines/step-work.js'
import { defineReader, type FragmentFacts, type ReaderContext } from '../reader.js'

const evidence: Evidence = { role: 'job', accelerator: 'none', small: null, notebook: false }

export const dvcReader = defineReader({
  name: 'dvc',
  languages: ['yaml'],
  triggers: ['stages:'],
  read(facts, context, claims) {
    if (!/(^|\/)dvc\.ya?ml$/.test(facts.path)) return
    for (const document of facts.config?.documents ?? []) {
      for (const stage of entries(at(document.root, 'stages')))
        readStage(facts, context, claims, document, stage)
    }
  },
  change(claim, value, facts) {
    if (claim.setting !== 'cached' || value !== true || claim.site.keys === undefined) return byHand(claim)
    return writeKeys(claim, facts, 'Run it only when its inputs have changed', [
      { keys: claim.site.keys, value: undefined },
    ])
  },
})

function readStage(
  facts: FragmentFacts,
  context: ReaderContext,
  claims: ClaimBuilder,
  document: ConfigDocument,
  stage: ConfigEntry,
): void {
  const name = stage.key
  // One stage for each item: `foreach` with `do`, `matrix` beside the command.
  const body = map(at(stage.value, 'do')) === undefined ? stage.value : at(stage.value, 'do')!
  const below = body === stage.value ? [] : ['do']
  readCommands(context, claims, `${claims.path}#stage:${name}`, body)
  const always = entry(body, 'always_changed')
  if (always === undefined || boolean(always.value) !== true) return
  const place = keyedPlace({ start: always.keyStart, end: always.value.end }, document.index, [
    'stages',
    name,
    ...below,
    'always_changed',
  ])
  const step = claims.subject('Step', place, name, evidence)
  const named = workOfName(`${name} ${scriptName(at(body, 'cmd'))}`)
  // What a name does not say the outputs do: the stage makes what is kept for the next ones.
  const purpose = named.length === 0 && keepsOutputs(body) ? (['prepare'] as const) : named
  step.known('name', 'stages', name, place)
  step.known('engine', 'stages', 'DVC', place)
  step.known('unit', 'stages', 'task', place)
  step.known('purpose', 'stages', [...purpose], place)
  step.known('work', 'stages', [...purpose], place)
  step.known('unseen', 'stages', true, place)
  step.known('cached', 'always_changed', false, place)
  const reason = whyAlways(facts, always, body, purpose)
  if (reason !== null) step.known('uncachedFor', 'always_changed', reason, place)
}

/** What lies outside of the project changes without DVC seeing it. */
function whyAlways(
  { fragment }: FragmentFacts,
  always: ConfigEntry,
  body: ConfigNode,
  purpose: readonly string[],
): string | null {
  const outside = purpose.some((one) => one === 'download' || one === 'report' || one === 'deploy')
  if (outside && !(purpose.includes('download') && readsOwnData(body)))
    return 'it works on what lies outside of the project'
  if (entry(body, 'deps') === undefined) return 'it depends on nothing that DVC knows'
  const from = fragment.text.lastIndexOf('\n', always.keyStart - 1)
  const before = fragment.text.slice(fragment.text.lastIndexOf('\n', from - 1) + 1, Math.max(from, 0))
  const to = fragment.text.indexOf('\n', always.value.end)
  const rest = fragment.text.slice(always.value.end, to < 0 ? fragment.text.length : to)
  if (/^\s*#/.test(before) || rest.includes('#')) return 'a comment says so'
  return text(at(body, 'desc')) !== undefined &&
    /always|latest|every|remote|external/i.test(text(at(body, 'desc'))!)
    ? 'its description says so'
    : null
}

/** `deps: [src/extract.py, data/raw]`: what it is named for is taken out of data that DVC watches. */
function readsOwnData(body: ConfigNode): boolean {
  return items(at(body, 'deps')).some((node) => {
    const path = text(node) ?? entries(node)[0]?.key ?? ''
    return (
      path !== '' && !path.includes('://') && !/\.(py|sh|r|ipynb|jl|ya?ml|toml|json|cfg|ini|txt)$/i.test(path)
    )
  })
}

/** `outs: [data/mel]`; not what is told to stay out of the cache. */
function keepsOutputs(body: ConfigNode): boolean {
  return items(at(body, 'outs')).some((node) => {
    const options = entries(node)[0]?.value
    return boolean(at(options, 'cache')) !== false
  })
}

function commandsOf(cmd: ConfigNode | undefined): ConfigNode[] {
  return cmd === undefined ? [] : cmd.kind === 'list' ? cmd.items : [cmd]
}

/** `src/fetch_data.py` of `python src/fetch_data.py --out data`. */
function scriptName(cmd: ConfigNode | undefined): string {
  for (const node of commandsOf(cmd)) {
    const found = /(?<![\w-])([\w-]+)\.(py|sh|R|ipynb)\b/.exec(textWithTemplates(node) ?? '')
    if (found !== null) return found[1]!
  }
  return ''
}

function readCommands(context: ReaderContext, claims: ClaimBuilder, job: string, body: ConfigNode): void {
  const folder = entry(body, 'wdir')
  const start = folder === undefined ? '' : (text(folder.value) ?? null)
  for (const [index, node] of commandsOf(at(body, 'cmd')).entries())
    claimScript(claims, context, { node, job: `${job}:${index}`, folder: start, nodes: null, machine: null })
}
