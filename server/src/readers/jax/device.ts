/** Where JAX computes: on the accelerator that it was installed for, unless the program says otherwise. */
import { takesGradients } from '../../python/functional-steps.js'
import type { ModuleSummary, PythonModule } from '../../python/module.js'
import type { Binding } from '../../workload/claim.js'

const forProcessors =
  /jax_platforms?(_name)?['"]\s*,\s*['"]cpu|JAX_PLATFORMS?(_NAME)?['"]\]\s*=\s*['"]cpu|jax\.devices\(\s*['"]cpu|xla_force_host_platform_device_count=\d|CUDA_VISIBLE_DEVICES['"]\]\s*=\s*['"](-1)?['"]/

/** The program, or its launch, keeps JAX off accelerators. */
export function keptOnProcessor(python: PythonModule, binding: Binding | null): boolean {
  const environment = binding?.launch.environment
  const platform = environment?.JAX_PLATFORMS?.value ?? environment?.JAX_PLATFORM_NAME?.value
  const visible = environment?.CUDA_VISIBLE_DEVICES?.value
  return platform === 'cpu' || visible === '' || visible === '-1' || forProcessors.test(python.code)
}

/** The module, or one that it works with, takes gradients with JAX. */
export function differentiatesWithJax(python: PythonModule, around: readonly ModuleSummary[]): boolean {
  const takes = (uses: Iterable<string>) => [...uses].some((use) => takesGradients(use))
  return python.calls.some(({ name }) => takesGradients(name)) || around.some(({ uses }) => takes(uses))
}
