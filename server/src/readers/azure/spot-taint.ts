/** AKS keeps pods off spot nodes by a taint of its own. Source: Microsoft, "Add an Azure Spot node pool to an AKS cluster". */
import type { Change, Refusal } from '../../edit/write.js'

/** The change moves no work by itself: pods have to tolerate the taint first. */
export function forTolerating(change: Change | Refusal): Change | Refusal {
  if ('reason' in change) return change
  return {
    ...change,
    title: `${change.title}, once its pods tolerate kubernetes.azure.com/scalesetpriority=spot`,
    safety: 'display',
  }
}
