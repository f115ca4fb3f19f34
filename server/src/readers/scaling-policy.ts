/**
 * What policies of Application Auto Scaling go by, as the workload calls it. Source: SageMaker developer guide, "Automatic
 * scaling of models" and "Metrics for monitoring": use of processors and accelerators counts 100 for each of them.
 */

/** 'cpu', 'memory', or the metric's own name. */
export function measureOf(metric: string): string {
  if (/^CPUUtilization(Normalized)?$/i.test(metric)) return 'cpu'
  return /^MemoryUtilization$/i.test(metric) ? 'memory' : metric
}

/** True where the aim of the policy is per cent of what a replica could do. */
export function isShare(metric: string, accelerators: number | undefined): boolean {
  return (
    /^(CPUUtilizationNormalized|MemoryUtilization)$/i.test(metric) ||
    (/^GPUUtilization$/i.test(metric) && accelerators === 1)
  )
}
