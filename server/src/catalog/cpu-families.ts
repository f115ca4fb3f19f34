/**
 * Machines without an accelerator. There are thousands of types, but their names say what they hold: the size gives
 * the number of vCPUs, the family the memory for each. Covers the families that training and data jobs use.
 */

import { lookUp } from '../text/records.js'
export interface CpuMachine {
  provider: 'aws' | 'gcp' | 'azure'
  type: string
  vcpus: number
  memoryGiB: number
}

/** GiB for each vCPU, by family letter of AWS. */
const awsMemory: Record<string, number> = { c: 2, m: 4, r: 8 }

/** GiB for each vCPU, by series and kind of GCP. */
const gcpMemory: Record<string, Record<string, number>> = {
  n1: { standard: 3.75, highmem: 6.5, highcpu: 0.9 },
  n2: { standard: 4, highmem: 8, highcpu: 1 },
  n2d: { standard: 4, highmem: 8, highcpu: 1 },
  e2: { standard: 4, highmem: 8, highcpu: 1 },
  c2: { standard: 4 },
  c3: { standard: 4, highmem: 8, highcpu: 2 },
}

/** GiB for each vCPU, by family letter of Azure. */
const azureMemory: Record<string, number> = { d: 4, e: 8, f: 2 }

/** Sizes of the second version of Azure's D and DS machines, whose numbers are not those of vCPUs: vCPUs and GiB. */
const azureSecond: Record<string, [vcpus: number, memoryGiB: number]> = {
  1: [1, 3.5],
  2: [2, 7],
  3: [4, 14],
  4: [8, 28],
  5: [16, 56],
  11: [2, 14],
  12: [4, 28],
  13: [8, 56],
  14: [16, 112],
  15: [20, 140],
}

/** Sizes of AWS's burstable machines: vCPUs and GiB. */
const burstSizes: Record<string, [vcpus: number, memoryGiB: number]> = {
  nano: [2, 0.5],
  micro: [2, 1],
  small: [2, 2],
  medium: [2, 4],
  large: [2, 8],
  xlarge: [4, 16],
  '2xlarge': [8, 32],
}

/** Families of AWS, GCP and Azure in whose machines no accelerator is built. */
const plainFamilies =
  /^(a1|c\d|d\d|h1|hpc\d|i\d|im\d|is\d|m\d|r\d|t\d|x\d|z1)[a-z]{0,4}(-[a-z0-9]+)?\.(metal|nano|micro|small|medium|\d*x?large)|^(e2|n2d?|n4|c2d?|c3d?|c4[ad]?|t2[ad]|m[1-4]|f1|g1|h3|z3)-(standard|high|mega|ultra|micro|small|medium|custom)|^standard_[abdefghlm]\w*$|^basic_a\d$/i

/** Its name says that a machine has no accelerator, whatever its size; false: it may have one. */
export function isPlainMachine(type: string): boolean {
  return plainFamilies.test(type.trim().replace(/^ml\./i, ''))
}

/** Reads a bare type name ('m5.2xlarge', 'n1-standard-8', 'Standard_D4s_v3'); undefined: not such a machine. */
export function cpuMachine(type: string): CpuMachine | undefined {
  const burst = /^t[234][a-z]{0,2}\.(nano|micro|small|medium|(?:2?x)?large)$/.exec(type)
  if (burst) {
    const [vcpus, memoryGiB] = lookUp(burstSizes, burst[1]!)!
    return { provider: 'aws', type, vcpus, memoryGiB }
  }
  const aws = /^([cmr])([4-8])(?:[a-z]{0,4})\.(?:(\d{0,2})x)?large$/.exec(type)
  if (aws) {
    const vcpus = aws[3] === undefined ? 2 : 4 * Number(aws[3] || 1)
    const factor = lookUp(awsMemory, aws[1]!)!
    // The fourth and fifth compute generations are a little short of two GiB for each vCPU at some sizes; good enough here.
    return { provider: 'aws', type, vcpus, memoryGiB: vcpus * factor }
  }
  const gcp = /^(n1|n2|n2d|e2|c2|c3)-(standard|highmem|highcpu)-(\d{1,3})$/.exec(type)
  if (gcp) {
    const factor = lookUp(lookUp(gcpMemory, gcp[1]!)!, gcp[2]!)
    const vcpus = Number(gcp[3])
    return factor === undefined ? undefined : { provider: 'gcp', type, vcpus, memoryGiB: vcpus * factor }
  }
  const azure = /^standard_([def])s?(\d{1,3})([a-z]*)_v([2-6])$/i.exec(type)
  if (azure) {
    const family = azure[1]!.toLowerCase()
    if (azure[4] === '2' && family !== 'f') {
      const second = family === 'd' && /^s?$/i.test(azure[3]!) ? lookUp(azureSecond, azure[2]!) : undefined
      return second === undefined
        ? undefined
        : { provider: 'azure', type, vcpus: second[0], memoryGiB: second[1] }
    }
    const vcpus = Number(azure[2])
    return { provider: 'azure', type, vcpus, memoryGiB: vcpus * lookUp(azureMemory, family)! }
  }
  return undefined
}

/** Sizes of the general family of AWS, by vCPUs. */
const awsSizes: [number, string][] = [
  [2, 'large'],
  [4, 'xlarge'],
  [8, '2xlarge'],
  [16, '4xlarge'],
  [32, '8xlarge'],
  [48, '12xlarge'],
  [64, '16xlarge'],
  [96, '24xlarge'],
]

/** Sizes of the general families of GCP and Azure, by vCPUs. */
const otherSizes = [2, 4, 8, 16, 32, 48, 64, 96]

/** Of the largest general machine that all providers have. */
export const mostVcpus = 96

/** A general machine with at least so many vCPUs; undefined: there is none. */
export function generalMachine(vcpus: number, provider: string = 'aws'): string | undefined {
  if (provider === 'gcp' || provider === 'azure') {
    const most = otherSizes.find((has) => has >= vcpus)
    if (most === undefined) return undefined
    return provider === 'gcp' ? `n2-standard-${most}` : `Standard_D${most}s_v5`
  }
  if (provider !== 'aws') return undefined
  const size = awsSizes.find(([has]) => has >= vcpus)?.[1]
  return size === undefined ? undefined : `m5.${size}`
}
