/**
 * Components of Azure Machine Learning in YAML that call themselves not deterministic, so that pipelines never reuse
 * what they have made. Source: reference of the command component schema (`is_deterministic`, `true` by default).
 */
import { at, boolean, entries, entry, text, textWithTemplates } from '../../config/access.js'
import type { ConfigDocument, ConfigNode } from '../../config/node.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { byHand } from '../change-answer.js'
import { type Keys, keyedPlace, writeKeys } from '../config-change.js'
import { describeNamedStep } from '../pipelines/describe-step.js'
import { workOfName } from '../pipelines/step-work.js'
import { explained, isExplained } from '../pipelines/why-uncached.js'
import { defineReader, type FragmentFacts } from '../reader.js'

const key = 'is_deterministic'

export const azureComponentFileReader = defineReader({
  name: 'azure-component-file',
  title: 'Azure ML, component in a file',
  languages: ['yaml'],
  triggers: [key],
  read(facts, _context, claims) {
    for (const document of facts.config?.documents ?? [])
      for (const component of componentsOf(document)) readComponent(facts, claims, document.index, component)
  },
  change(claim, value, facts) {
    const { keys } = claim.site
    if (claim.setting !== 'cached' || value !== true || keys === undefined) return byHand(claim)
    const title = `Remove ${key}: false: outputs are reused by default`
    return writeKeys(claim, facts, title, [{ keys, value: undefined }])
  },
})

interface Component {
  node: ConfigNode
  keys: Keys
  /** Of the step that it is written in. */
  step: string | null
}

/** The component that a file holds, or those that steps of a pipeline are written with. */
function componentsOf({ root }: ConfigDocument): Component[] {
  const schema = text(at(root, '$schema')) ?? ''
  if (root === undefined || (schema !== '' && !/azureml/i.test(schema))) return []
  const inside = entries(at(root, 'jobs')).flatMap(({ key: step, value }): Component[] => {
    const node = at(value, 'component')
    return node?.kind === 'map' ? [{ node, keys: ['jobs', step, 'component'], step }] : []
  })
  return [{ node: root, keys: [], step: null }, ...inside]
}

function readComponent(
  facts: FragmentFacts,
  claims: ClaimBuilder,
  document: number,
  { node, keys, step }: Component,
): void {
  const given = entry(node, key)
  const value = boolean(given?.value)
  if (given === undefined || value === undefined || text(at(node, 'type')) === undefined) return
  const span = { start: given.keyStart, end: given.value.end }
  const place = keyedPlace(span, document, [...keys, key])
  const program = /[\w-]+(?=\.(py|sh|R)\b)/.exec(textWithTemplates(at(node, 'command')) ?? '')?.[0]
  const names = [text(at(node, 'name')), step, text(at(node, 'display_name')), program].filter(
    (one) => typeof one === 'string',
  )
  const purpose = names.map(workOfName).find((work) => work.length > 0) ?? []
  const evidence = { role: 'job' as const, accelerator: 'maybe' as const, small: null, notebook: false }
  const about = { engine: 'Azure ML', key: 'azure', unit: 'job' as const, evidence }
  const name = step ?? names[0] ?? 'component'
  const subject = describeNamedStep(claims, { name, purpose }, { place, scope: keys.join('.') }, about)
  subject.known('cached', key, value, place)
  const because = isExplained(facts.fragment.text, facts.config!.comments, span) ? explained : whyNot(node)
  if (because !== null) subject.known('uncachedFor', key, because, place)
}

const plain = /^(string|integer|int|number|float|double|boolean|bool|enum)$/i

/** What tells that equal inputs may well give something else; null: nothing does. */
function whyNot(node: ConfigNode): string | null {
  const inputs = entries(at(node, 'inputs'))
  const types = inputs.map(({ value }) => text(at(value, 'type')) ?? text(value) ?? '')
  return types.every((type) => plain.test(type))
    ? 'none of its inputs is data, so what it reads may have changed'
    : null
}
