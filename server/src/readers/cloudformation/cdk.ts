/** Stacks of the AWS CDK in Python, read as the templates that they become. */

import { at, map } from '../../config/access.js'
import type { Change, Refusal } from '../../edit/write.js'
import { calleePlace } from '../../values/places.js'
import type { Claim } from '../../workload/claim.js'
import { changeOf, refuse } from '../change-answer.js'
import { defineReader, type FragmentFacts, importing } from '../reader.js'
import { containerImage, stackOf } from './cdk-template.js'
import { readTemplate } from './reader.js'
import { Template } from './template.js'

export const cdkReader = defineReader({
  name: 'aws-cdk',
  title: 'AWS CDK',
  leads: importing('aws_cdk'),
  languages: ['python'],
  triggers: ['aws_cdk'],
  shares: true,
  read(facts, context, claims) {
    const document = facts.python === undefined ? null : stackOf(facts.python)
    const resources = map(at(document?.root, 'Resources'))
    if (document === null || resources === undefined) return
    readTemplate(new Template(document, resources, claims), context, claims)
    for (const call of facts.python!.calls) {
      const built = containerImage(facts.python!, call)
      if (built?.folder != null) claims.imageBuild(built, calleePlace(call))
    }
  },
  change(claim, value, facts) {
    switch (claim.setting) {
      case 'minimum':
      case 'leastReplicas':
      case 'mostReplicas':
      case 'utilization':
      case 'idleDelay':
        return replaceLiteral(claim, Number(value), facts)
      case 'capacity':
        return replaceLiteral(claim, 'SPOT', facts)
      case 'instanceType':
        return replaceLiteral(claim, String(value), facts)
      case 'minReplicas':
        return refuse('a scaling policy is a construct of its own: add a CfnScalableTarget for the variant')
      case 'idleStop':
        return refuse('nothing in this construct stops it when it is idle: a schedule or an alarm has to')
      default:
        return refuse(`${claim.key} is a property of its construct: give it there`)
    }
  },
})

/** A number or a text that stands there is replaced; what is missing, or named by a variable, is for the author. */
function replaceLiteral(
  { key, site: { keys } }: Claim,
  value: string | number,
  { python, fragment, path }: FragmentFacts,
): Change | Refusal {
  const document = python === undefined ? null : stackOf(python)
  const node = document === null || keys === undefined ? undefined : at(document.root, ...keys)
  if (python === undefined || node?.kind !== 'scalar')
    return refuse(`${key} is a property of its construct: give it there`)
  const { start, end } = node
  const before = python.text.slice(start, end)
  const quote = /^(["'])[^"']*\1$/.exec(before)?.[1]
  // Constructs of the second layer have a switch for it.
  if (value === 'SPOT' && before === 'False')
    return changeOf('Set spot=True', [
      { kind: 'replace', path, range: { fragment: fragment.index, start, end }, text: 'True' },
    ])
  if (value === 'SPOT' && start === at(document!.root, ...keys!.slice(0, 3))?.start)
    return refuse('this construct has a keyword for it: spot=True')
  if (typeof value === 'number' ? !/^\d+$/.test(before) : quote === undefined)
    return refuse(`${key} is set elsewhere: change it there`)
  const name = String(keys!.at(-1))
  // Types of managed machines begin with `ml.`.
  const written =
    name === 'InstanceType' && /^["']ml\./.test(before) ? `ml.${value}`.replace('ml.ml.', 'ml.') : value
  return changeOf(`Set ${name} to ${written}`, [
    {
      kind: 'replace',
      path,
      range: { fragment: fragment.index, start, end },
      text: quote === undefined ? String(written) : `${quote}${written}${quote}`,
    },
  ])
}
