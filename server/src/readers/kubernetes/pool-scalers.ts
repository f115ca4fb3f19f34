/**
 * What gives the node groups of a cluster another size: an autoscaler that a file installs or prepares, or a command that somebody runs.
 * A group by itself stays as large as it was made.
 */
import { defineReader } from '../reader.js'

const scaler =
  /cluster[-_ ]?autoscaler|karpenter|\bautoScaler:\s*true|\bcast\.?ai\b|\bspotinst\b|\bupdate-nodegroup-config\b|\bset-desired-capacity\b|\bscale\s+nodegroup\b|\bupdate_nodegroup_config\b/i

export const poolScalersReader = defineReader({
  name: 'pool-scalers',
  languages: ['yaml', 'json', 'hcl', 'shell', 'python', 'markdown'],
  triggers: [
    'autoscaler',
    'Autoscaler',
    'karpenter',
    'Karpenter',
    'castai',
    'spotinst',
    'nodegroup',
    'desired-capacity',
  ],
  read({ fragment }, _context, claims) {
    const found = scaler.exec(fragment.text)
    if (found === null) return
    const [said] = found
    claims.extend('Scaling').known('resizesPools', said, said, {
      start: found.index,
      end: found.index + said.length,
    })
  },
})
