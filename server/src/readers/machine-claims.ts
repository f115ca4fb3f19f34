/** A machine or cluster that stays up until something stops it: what readers of several providers claim alike. */
import { isPlainMachine } from '../catalog/cpu-families.js'
import { gpu } from '../catalog/gpus.js'
import { instance } from '../catalog/instances.js'
import { acceleratorsOfType } from '../catalog/machine-names.js'
import type { PythonModule } from '../python/module.js'
import { convert, derived } from '../values/operations.js'
import type { Given } from '../values/value.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../workload/builder.js'
import type { Evidence } from '../workload/claim.js'
import { jobRole } from './job-in-code.js'

export interface MachineFacts {
  provider: 'aws' | 'gcp' | 'azure' | 'kubernetes' | 'other'
  interactive: boolean
  place: Place
  site: Place
  scope: string
  /** Where it is known what the machine is for. */
  accelerator?: Evidence['accelerator']
  /** What tells it from others that stand at the same place: the key of a repeated block. */
  copy?: string
  /** The script that makes it starts programs on its accelerators: the job that they are. */
  job?: string
}

/** Names of machines that a person works on. */
export const workstation =
  /(^|[^a-z])(notebooks?|jupyter\w*|workstations?|workbench|dev|devbox|sandbox|research|studio|playground|lab)([^a-z]|$)/i

/** Names of machines that train. */
export const trainsByName = /(^|[^a-z])(train\w*|experiments?|fine-?tun\w*)([^a-z]|$)/i

/** Names of machines that answer requests. */
export const servesByName =
  /(^|[^a-z])(inference|infer|serving|serve|server|endpoint|triton|vllm|ollama|tgi|api|chat\w*|bot|web\w*|backend|kserve|deploy|prod\w*|online|llm)([^a-z]|$)/i

/** A start script that keeps servers running. */
export const servingScript =
  /\b(vllm|ollama|sglang|text-generation-(inference|launcher|webui)|tritonserver|uvicorn|gunicorn|streamlit|gradio|nginx|caddy|docker[ -]compose|kubeadm|k3s)\b/

/** What a start script may end its machine with, now or when it is idle. */
export const mayEndMachine =
  /shutdown|poweroff|\bhalt\b|terminate-instances|stop-instances|instances (stop|delete)|(tpu-vm|queued-resources) (stop|delete)|idle|cron/

/** `python`: the program that asks for it; null: a shell script. */
export function claimMachineRequest(
  claims: ClaimBuilder,
  python: PythonModule | null,
  facts: MachineFacts,
): SubjectBuilder<'Compute'> {
  // Neither toy data nor a notebook makes a machine that is left running any cheaper.
  const evidence: Evidence = {
    role: python === null ? 'job' : jobRole(python),
    accelerator: facts.accelerator ?? (facts.job === undefined ? 'maybe' : 'gpu'),
    small: null,
    notebook: false,
  }
  const compute = claims.subject('Compute', facts.place, facts.scope, evidence, facts.job ?? null)
  if (facts.copy !== undefined) compute.subject.id = `${compute.subject.id}:${facts.copy}`
  compute.known('provider', facts.provider, facts.provider, facts.place)
  compute.known('interactive', 'machine', facts.interactive, facts.place)
  // Else it is no job that ends.
  compute.known('service', 'machine', facts.job === undefined, facts.place)
  return compute
}

export interface Bought {
  /** The key that asks for spot capacity. */
  key: string
  /** Null: that cannot be read. */
  spot: boolean | null
  /** Capacity that was bought ahead, as far as is said. */
  reserved: boolean
  place: Place
  site: Place
}

/** How a machine is bought that trains, by what it starts or by its name. Of others an interruption ends nobody's job. */
export function claimBought(compute: SubjectBuilder<'Compute'>, { place, site, ...bought }: Bought): void {
  const { key, spot, reserved } = bought
  if (spot === null) compute.unknown('spot', key, 'how it is bought cannot be read', place, { site })
  else if (spot) compute.known('spot', key, true, place, { site })
  else compute.default('spot', key, false, place, { site })
  compute.known('choosesCapacity', key, true, place)
  compute.known('reserved', key, reserved, place)
  compute.known('trains', key, true, place)
}

export const uncatalogued = 'a machine that the catalogue does not know'

/** The machine type with the accelerators that it holds. */
export function claimType(compute: SubjectBuilder<'Compute'>, key: string, type: Given<string>): void {
  compute.say('instanceType', key, type)
  compute.say('gpus', key, convert(type, acceleratorsInType, uncatalogued))
  compute.say('gpuModel', key, derived(type, acceleratorModel))
}

/** One of several machine types, whichever the script chooses. */
export function claimChosenType(
  compute: SubjectBuilder<'Compute'>,
  key: string,
  { texts, open }: { texts: readonly string[]; open: boolean },
  place: Place,
): void {
  const counts = texts.map((type) => acceleratorsInType(type) ?? 0)
  const range = { low: Math.min(...counts), high: open ? null : Math.max(...counts) }
  compute.unknown('instanceType', key, 'the script chooses it', place)
  compute.say('gpus', key, { ...compute.locator.origin(place), overridable: open, state: 'range', ...range })
}

/** Those that hold accelerators; null: none of them does. */
export function acceleratedAmong({ texts, open }: { texts: readonly string[]; open: boolean }): {
  texts: string[]
  open: boolean
} | null {
  const held = texts.filter((type) => (acceleratorsInType(type) ?? 0) > 0)
  return held.length === 0 ? null : { texts: held, open: open || held.length < texts.length }
}

/** As `claimType`, with the processors. */
export function claimWholeType(compute: SubjectBuilder<'Compute'>, key: string, type: Given<string>): void {
  claimType(compute, key, type)
  compute.say(
    'cpus',
    key,
    derived(type, (name) => instance(name)?.vcpus),
  )
}

/** The accelerator of a machine type; undefined: it has none, or the catalogue does not know it. */
export function acceleratorModel(type: string): string | undefined {
  return acceleratorsOfType(type)?.model ?? undefined
}

/** How many a machine type has; undefined: it is not known. */
export function acceleratorsInType(type: string): number | undefined {
  return instance(type)?.gpuCount ?? acceleratorsOfType(type)?.count ?? (isPlainMachine(type) ? 0 : undefined)
}

/** `nvidia-tesla-t4`, `nvidia-l4`: the catalogue's name; undefined: it does not know it. */
export function attachedModel(card: string): string | undefined {
  return (gpu(card) ?? gpu(card.replace(/^nvidia-(tesla-)?/, '')))?.name
}

/** `A100:8`, `A100`, `8xA100`; null: not readable. */
export function acceleratorsOf(text: string): { model: string | null; count: number } | null {
  const match = /^([A-Za-z][\w-]*)(?::(\d+(?:\.\d+)?))?$/.exec(text.trim())
  if (match === null || /^(tpu|trainium|inferentia|gaudi)/i.test(match[1]!)) return null
  return { model: gpu(match[1]!)?.name ?? null, count: Number(match[2] ?? 1) }
}
