/** Fields of command jobs of Azure Machine Learning, SDK v2. Source: azure-ai-ml 1.22, entities/_builders/command_func.py. */
import { asNumber, asText, orNone } from '../../values/parse.js'
import { settingTable } from '../setting-table.js'

export const limitTitle = (seconds: number | null): string =>
  `End the job after ${Number(seconds) / 3600} hours: timeout=${seconds}`

/** Seconds after which the job is cancelled, spot capacity by its tier: left out, there is neither. */
export const commandSettings = settingTable('Compute', {
  instanceType: {
    keys: ['instance_type'],
    parse: asText,
    write: (type) => `Standard_${type.replace(/^standard_/i, '')}`,
    title: (_, written) => `Use ${written}`,
  },
  nodes: {
    keys: ['instance_count'],
    parse: (value) => (value === null ? 1 : asNumber(value)),
    otherwise: 1,
    write: Number,
    title: (count) => `Run it on ${count} node: instance_count=${count}`,
  },
  processes: {
    keys: [['distribution', 'process_count_per_instance']],
    parse: asNumber,
    otherwise: 1,
    write: Number,
    title: (count) => `Start ${count} processes on each node: process_count_per_instance=${count}`,
  },
  timeLimit: {
    keys: ['timeout'],
    parse: orNone(asNumber),
    otherwise: null,
    write: Number,
    title: limitTitle,
  },
  spot: {
    keys: ['job_tier'],
    parse: (value) =>
      typeof value === 'string' ? /^spot$/i.test(value) : value === null ? false : undefined,
    otherwise: false,
    write: () => 'Spot',
    title: () => 'Run on spot capacity: job_tier=Spot',
  },
})
