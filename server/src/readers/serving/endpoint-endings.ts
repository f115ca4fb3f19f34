/** What ends endpoints, in any file of the project: a script that cleans up, a workflow, a command in the README. */
import { defineReader } from '../reader.js'

const ending =
  /\bdelete[-_](inference[-_])?endpoint(?![-_]config)\b|\bdelete_predictor\b|\bDeleteEndpoint\b|\bundeploy(_all|-model|_model)?\b|\bonline[-_](endpoint|deployment)s?(\s+delete|\.begin_delete)\b|\bendpoints\s+delete\b|\b(pause|scale_to_zero)_inference_endpoint\b|\.scale_to_zero\(/

export const endpointEndingsReader = defineReader({
  name: 'endpoint-endings',
  languages: ['python', 'shell', 'yaml', 'markdown', 'json', 'hcl'],
  triggers: [
    'delete_endpoint',
    'delete-endpoint',
    'delete_inference_endpoint',
    'delete_predictor',
    'DeleteEndpoint',
    'undeploy',
    'endpoint delete',
    'endpoints delete',
    'deployment delete',
    'online_endpoints.begin_delete',
    'online_deployments.begin_delete',
    'inference_endpoint',
    'scale_to_zero',
  ],
  shares: true,
  read({ fragment, python }, _context, claims) {
    if (python?.evidence.role === 'test') return
    const found = ending.exec(fragment.text)
    if (found === null) return
    const place = { start: found.index, end: found.index + found[0].length }
    claims.extend('Serving').known('endsEndpoints', found[0], true, place)
  },
})
