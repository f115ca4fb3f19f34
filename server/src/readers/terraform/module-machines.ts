/** Machines and endpoints that a call of a module of the registry makes: modules `ec2-instance` and those of SageMaker endpoints. */
import { text } from '../../config/access.js'
import { firstGiven } from '../../values/operations.js'
import { effective } from '../../values/value.js'
import type { Evidence } from '../../workload/claim.js'
import { claimVariant } from '../sagemaker/endpoint-claims.js'
import type { Block } from './block.js'
import { readInstance } from './machines.js'
import { scalesEndpoints } from './scalable-target.js'

/** A folder of the project is read by itself. */
const ofProject = /^\.{0,2}\//

export function readModuleMachine(call: Block): void {
  const source = text(call.at('source')?.node) ?? ''
  if (ofProject.test(source)) return
  if (/(^|\/)ec2-instance(\/|$)/.test(source))
    readInstance(call, 'aws', effective(call.boolean('create_spot_instance')) === true)
  else if (/sagemaker/i.test(source) && !otherWork.test(`${source} ${call.name}`)) readEndpoint(call)
}

/** Modules of SageMaker that start something else on machines. */
const otherWork = /train|process|transform|tun(er|ing)|notebook|studio|domain|pipeline|cluster|hyperpod/i

/** Keys by which modules put something else in the place of machines at all hours: `enable_autoscaling`, `max_capacity`, `async_config`. */
const otherwise = /scal(e|ing)|capacity|max_instance|async|serverless/

function readEndpoint(call: Block): void {
  const type = call.text('instance_type')
  const count = firstGiven(call.number('instance_count'), call.number('initial_instance_count'))
  if (!(effective(type) ?? '').startsWith('ml.') || effective(count) === undefined) return
  if (call.isOpen() || call.keys().some((key) => otherwise.test(key))) return
  const { module, header } = call
  const evidence: Evidence = { role: 'job', accelerator: 'maybe', small: null, notebook: false }
  const serving = module.claims.subject('Serving', header, call.name, evidence)
  claimVariant(serving, {
    platform: 'module',
    purpose: 'module',
    place: header,
    tornDown: false,
    machine: { key: 'instance_type', value: type },
    replicas: { key: 'instance_count', value: count },
    scaling: { key: 'aws_appautoscaling_target', scaled: scalesEndpoints(module) },
  })
}
