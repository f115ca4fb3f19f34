/** Jobs that are small by what they are called or by what they run: over in minutes, whatever they are given. */
import { at, items, textWithTemplates, written } from '../config/access.js'
import type { ConfigNode } from '../config/node.js'

const tried =
  /(^|[^a-z])(smoke|sanity|hello-?world|dry-?run|(nccl|rccl)(-?tests?)?|micro-?bench(mark)?s?|benchmarks?|health-?checks?|(gpu|node|cluster|network)-validation|gpu-?burn)([^a-z]|$)/i
const toyData = /(^|[^a-z])((fashion|[ekq])?-?mnist|cifar-?100?)([^a-z0-9]|$)/i

/** Measures the network or looks at the devices; collectives of nccl-tests, OSU, perftest. */
const measures =
  /\b(all_?reduce|all_?gather|all_?to_?all|reduce(_scatter)?|broadcast|sendrecv|gather|scatter|hypercube)_perf\b|\b(nccl|rccl)-tests\b|\bosu_\w+|\bib_(write|read|send)_(bw|lat)\b|\bgpu[-_]burn\b|\bdcgmi\s+diag\b/
const fewSteps = /--max[-_]steps[= ](?:[1-9]|1\d|20)(?![\d.])|--fast[-_]dev[-_]run\b(?![= ](?:false|0))/i
const programs = /\b(torchrun|deepspeed|accelerate\s+launch)\b|\bpython[\d.]*\s+(-\w\s+)*(\S+\.py\b|-m\b)/
const looks = /(^|[\s/])(nvidia-smi|hl-smi|rocm-smi)\b/
/** What stands beside a look at the devices without making it more. */
const aside =
  /^((\S*\/)?(ba|da|z)?sh(\s+-\w*c)?(\s+--)?\s+)?((\S*\/)?(nvidia-smi|hl-smi|rocm-smi|echo|set|export|uname|hostname|env|date|ls|lspci|exit)\b.*)?$/

/** Why a job is small, as `Evidence.small` says it; null: nothing says so. */
export function smallByName(name: string | undefined): string | null {
  return name === undefined ? null : tried.test(name) || toyData.test(name) ? `named ${name}` : null
}

/** Why a command is small by its flags: it stops after a few steps, to see whether it runs at all. */
export function smallByFlags(command: string): string | null {
  return fewSteps.exec(command)?.[0].replace('=', ' ') ?? null
}

/** Why the pods are small by what all their containers run. */
export function smallByCommand(pods: ConfigNode[]): string | null {
  const commands = pods
    .flatMap((pod) => items(at(pod, 'containers')))
    .map((one) =>
      [...items(at(one, 'command')), ...items(at(one, 'args'))]
        .map((word) => written(word) ?? textWithTemplates(word) ?? '')
        .join(' ')
        .trim(),
    )
    .filter((one) => one !== '')
  const steps = commands.map(smallByFlags)
  if (steps.length > 0 && steps.every((one) => one !== null)) return steps[0]!
  if (commands.some((one) => programs.test(one))) return null
  if (commands.some((one) => measures.test(one))) return 'a measurement of minutes'
  const onlyLooks = commands.every(
    (one) => looks.test(one) && one.split(/[;\n]|&&|\|\|?/).every((part) => aside.test(part.trim())),
  )
  return commands.length > 0 && onlyLooks ? 'a look at the devices' : null
}

const byHand =
  /(^|[^a-z])(dev|develop(ment)?|debug(ger)?|(ba|z)?sh|shell|interactive|(net|cuda|gpu|tpu|load)?-?tests?|sandbox|playground|scratch|workspace|workbench|devbox|login|toolbox|demo)([^a-z]|$)/i

/** What somebody opens to work in or to look around, by its name. */
export function openedByHand(name: string | undefined): boolean {
  return name !== undefined && byHand.test(name)
}
