/**
 * What gives the node groups of a cluster another size: an autoscaler that a file installs or prepares, a schedule, or a command that
 * somebody runs.
 * A group by itself stays as large as it was made.
 */
import { defineReader } from '../reader.js'

const scaler =
  /cluster[-_ ]?autoscaler|karpenter|\bautoScaler:\s*true|\bcast\.?ai\b|\bspotinst\b|\bupdate[-_]nodegroup[-_]config\b|\bset[-_]desired[-_]capacity\b|\bupdate[-_]auto[-_]scaling[-_]group\b|\bscale\s+nodegroup\b|\baws_autoscaling_schedule\b|\bScheduledAction\b|\bscheduled[-_]update[-_]group[-_]action\b/i

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
    'desired_capacity',
    'auto-scaling-group',
    'auto_scaling_group',
    'autoscaling_schedule',
    'ScheduledAction',
    'scheduled-update',
    'scheduled_update',
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
