/** Words that the forms of a report share. */
import { usdWords } from '../estimate/bill-words.js'
import { count } from '../estimate/figures.js'
import { groupedDigits } from '../text/grouped-digits.js'
import type {
  ReportData,
  ReportFinding,
  ReportJob,
  ReportPlace,
  ReportSearch,
  ReportSection,
} from './data.js'

/** 'train.py:12', 'tune.ipynb:cell 3:4'. */
export function placeText({ path, cell, line }: Pick<ReportPlace, 'path' | 'cell' | 'line'>): string {
  return `${path}:${cell === null ? '' : `cell ${cell}:`}${line}`
}

/** '5 findings and 2 hints in 3 of 7 files': hints are counted apart wherever findings are. */
export function countText({ findings, files }: Pick<ReportData, 'findings' | 'files'>): string {
  const { told, hints } = findingsFirst(findings)
  const more = hints.length === 0 ? '' : ` and ${count(hints.length, 'hint')}`
  const places = new Set(findings.map(({ path }) => path)).size
  return `${count(told.length, 'finding')}${more} in ${places} of ${count(files, 'file')}`
}

/** What a job costs, or where that is not known what an hour of it does. */
export function costText({ usd, cost, hourly }: ReportJob): string {
  return usd === null && hourly !== null ? `${hourly} an hour` : cost
}

export function findingsFirst(all: readonly ReportFinding[]): {
  told: ReportFinding[]
  hints: ReportFinding[]
} {
  return {
    told: all.filter(({ severity }) => severity !== 'hint'),
    hints: all.filter(({ severity }) => severity === 'hint'),
  }
}

/** '$40–90 a run, $300 a month'; empty: it is not known. */
export function sectionSaving({ run, month }: ReportSection): string {
  return [
    run === null || run.high < 0.005 ? [] : [`${usdWords(run)} a run`],
    month === null || month.high < 0.005 ? [] : [`${usdWords(month)} a month`],
  ]
    .flat()
    .join(', ')
}

/** '300 fits', 'at least 1,200 runs'. */
export function searchText({ total, lowerBound, unit }: ReportSearch): string {
  return `${lowerBound ? 'at least ' : ''}${groupedDigits(total)} ${unit}${total === 1 ? '' : 's'}`
}

/** '12 GB', '0.8 GB'. */
export function bytesText(bytes: number): string {
  return `${Number((bytes / 1e9).toPrecision(2))} GB`
}
