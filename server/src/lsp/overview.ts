/** Answers about the whole workspace: for a view of findings and jobs, and for a report. */

import { collectReport, type Places, type ReportSource } from '../report/collect.js'
import type { ReportData, ReportPlace } from '../report/data.js'
import { withHistory } from '../report/history.js'
import { htmlReport } from '../report/html.js'
import { markdownReport } from '../report/markdown.js'
import { pointOf } from './places.js'
import type { Reported, Session } from './session.js'

/** Request: → `ReportData` of all folders. */
export const overviewRequest = 'costlint/overview'
/** Request: `ReportQuery` → the report as text. */
export const reportRequest = 'costlint/report'
/** Notification: what `costlint/overview` answers may have changed. */
export const changedNotification = 'costlint/changed'

export interface ReportQuery {
  format: 'html' | 'markdown'
  /** Of a page that an editor shows: what lets its style and script through. */
  nonce?: string
  /** A command that takes a place: links go there. */
  revealCommand?: string
  /** Identifier of the section that is shown first. */
  section?: string
  /** Texts of earlier reports, or what they say of themselves. */
  earlier?: string[]
}

export async function overviewOf(sessions: readonly Session[], version: string): Promise<ReportData> {
  const sources: { source: ReportSource; places: Places }[] = []
  for (const { session, prefix } of prefixed(sessions)) {
    const reported = await session.reported()
    if (reported === undefined) continue
    const { source } = reported
    sources.push({ source, places: placesOf(session, reported, prefix) })
  }
  const title = sessions.map(nameOf).join(', ') || 'no folder'
  return collectReport(sources, { title, version, date: new Date().toISOString().slice(0, 10) })
}

/** What paths begin with where there are several folders. */
export function prefixed(sessions: readonly Session[]): { session: Session; prefix: string }[] {
  return sessions.map((session) => ({ session, prefix: sessions.length > 1 ? `${nameOf(session)}/` : '' }))
}

function nameOf({ folder }: Session): string {
  const name = (folder ?? '').replace(/\/$/, '').split('/').at(-1) ?? ''
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}

function placesOf(session: Session, reported: Reported, prefix: string): Places {
  return {
    async at(location) {
      const snapshot = await session.snapshot(location.path, reported)
      const point = snapshot && pointOf(snapshot, location)
      if (point === undefined) return undefined
      const { path, cell } = location
      return { path: prefix + path, cell, uri: session.uriOf(path), ...point }
    },
    line: (path, cell, line) => ({ path: prefix + path, cell, line, column: 1, uri: session.uriOf(path) }),
  }
}

export function reportText(
  now: ReportData,
  { format, nonce, revealCommand, section, earlier = [] }: ReportQuery,
): string {
  const data = withHistory(now, earlier)
  const link = ({ uri, cell, line, column, path }: ReportPlace) =>
    uri === undefined || revealCommand === undefined
      ? null
      : `command:${revealCommand}?${encodeURIComponent(JSON.stringify([{ uri, cell, line, column, path }]))}`
  if (format === 'markdown') return markdownReport(data)
  if (nonce === undefined) return htmlReport(data)
  const script =
    section === undefined || !/^[a-z]+$/.test(section)
      ? ''
      : `document.getElementById('${section}')?.scrollIntoView()`
  return htmlReport(data, { link, view: { nonce, script } })
}
