/** `aws sagemaker create-endpoint-config`: replicas that answer requests at all hours. Source: AWS CLI command reference. */
import { stated } from '../../values/operations.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { besideMatching, type CloudCommand, cloudCommands, optionOf } from '../command-lines/cloud-command.js'
import { defineReader } from '../reader.js'
import { claimVariant } from '../sagemaker/endpoint-claims.js'

export const awsEndpointCommandsReader = defineReader({
  name: 'aws-endpoint-commands',
  languages: ['shell', 'yaml'],
  triggers: ['create-endpoint-config'],
  read(facts, context, claims) {
    for (const one of cloudCommands('aws', facts, context, /^sagemaker create-endpoint-config\b/))
      readConfiguration(claims, one)
  },
  change: byHand,
})

const scaling = /\b(register-scalable-target|put-scaling-policy)\b/
const ending = /\bdelete-endpoint\b/

/** One variant, in the short form or in JSON. */
function readConfiguration(claims: ClaimBuilder, one: CloudCommand): void {
  const option = optionOf(one, 'production-variants')
  const text = option?.outline ?? ''
  const types = [...text.matchAll(/InstanceType"?\s*[:=]\s*"?(ml\.[\w.-]+)/g)]
  const count = /InitialInstanceCount"?\s*[:=]\s*"?(\d+)/.exec(text)?.[1]
  if (option === undefined || types.length !== 1 || count === undefined) return
  // A scaling of its own, or no machine at all.
  if (/ManagedInstanceScaling|ServerlessConfig/.test(text)) return
  const { head } = one
  const evidence: Evidence = { role: 'job', accelerator: 'maybe', small: null, notebook: false }
  const serving = claims.subject(
    'Serving',
    head,
    optionOf(one, 'endpoint-config-name')?.value ?? '',
    evidence,
  )
  const key = 'create-endpoint-config'
  claimVariant(serving, {
    platform: key,
    purpose: key,
    place: head,
    tornDown: besideMatching(one, ending) !== null,
    machine: { key: 'InstanceType', value: stated(claims.origin(option.place), types[0]![1]!) },
    replicas: { key: 'InitialInstanceCount', value: stated(claims.origin(option.place), Number(count)) },
    scaling: { key: 'register-scalable-target', scaled: besideMatching(one, scaling) !== null },
  })
  serving.known('endsBy', key, 'aws sagemaker delete-endpoint', head)
}
