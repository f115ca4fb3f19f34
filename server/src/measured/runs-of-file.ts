/** Runs to be compared, from any file that has figures: exports of trackers, or a plain table or object. */

import { parsedJson } from '../text/json.js'
import { lookUp } from '../text/records.js'
import { table } from './csv.js'
import { mostRows, readMeasurements } from './read.js'
import type { RunRecord } from './record.js'
import { numbers } from './store.js'

export interface ComparedRun {
  figures: Record<string, number>
  hours: number | null
}

/** Throws with a readable message where the file holds no figures. */
export function comparedRuns(file: string, text: string): ComparedRun[] {
  const runs = measured(file, text) ?? plain(text)
  const found = runs.filter(({ figures, hours }) => Object.keys(figures).length > 0 || hours !== null)
  if (found.length === 0) throw new Error('it holds no figures')
  return found
}

export function comparedRun({ metrics, hours }: RunRecord): ComparedRun {
  return { figures: metrics, hours }
}

function measured(file: string, text: string): ComparedRun[] | undefined {
  try {
    return readMeasurements(file, text)
      .filter(({ state }) => state !== 'failed' && state !== 'running')
      .map(comparedRun)
  } catch {
    return undefined
  }
}

/** `{"accuracy": 0.9, "usd": 12}`, a list of these, JSON lines, or CSV with a header. */
function plain(text: string): ComparedRun[] {
  const start = text.trimStart()
  if (!/^[[{]/.test(start)) {
    const csv = table(start, ',', mostRows)
    return csv.rows.map((row) =>
      ofFigures(csv.names.map((name, index) => [name, row[index]?.trim() ? Number(row[index]) : Number.NaN])),
    )
  }
  const whole = parsedJson(start)
  const list =
    whole === undefined ? start.split('\n').map(parsedJson) : Array.isArray(whole) ? whole : [whole]
  return list.flatMap((one) =>
    typeof one === 'object' && one !== null && !Array.isArray(one) ? ofFigures(Object.entries(one)) : [],
  )
}

function ofFigures(entries: [string, unknown][]): ComparedRun {
  const figures = numbers(entries)
  return { figures, hours: lookUp(figures, 'hours') ?? null }
}
