/** Which files some reader could read, judged by name alone: nothing else is opened. */
const extensions = new Set([
  'py',
  'pyi',
  'pyw',
  'ipynb',
  'yaml',
  'yml',
  'json',
  'toml',
  'tf',
  'tfvars',
  'hcl',
  'sh',
  'bash',
  'zsh',
  'slurm',
  'sbatch',
  'sub',
  'pbs',
  'lsf',
  'dockerfile',
])

export function isReadableName(name: string): boolean {
  const dot = name.lastIndexOf('.')
  if (dot >= 0 && extensions.has(name.slice(dot + 1).toLowerCase())) return true
  return /^(?:Dockerfile|Containerfile)(?:\..+)?$|^(?:requirements|constraints)[\w.-]*\.(?:txt|in)$/.test(
    name,
  )
}
