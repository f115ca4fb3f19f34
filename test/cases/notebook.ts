/** Notebooks of the cases: percent text to nbformat 4 and back. */

export interface PercentCell {
  kind: 'code' | 'markdown'
  text: string
  /** 0-based line of the percent text at which the cell's own text begins. */
  line: number
}

const kernel = { kernelspec: { display_name: 'Python 3', language: 'python', name: 'python3' } }
const metadataLine = /^# %% \[metadata\] (\{.*\})\n/

/** Splits percent text into cells. Lines before the first `# %%` are a code cell of their own, unless blank. */
export function percentCells(text: string): PercentCell[] {
  const lines = text.replace(/\n$/, '').split('\n')
  if (metadataLine.test(text)) lines[0] = ''
  const cells: { kind: PercentCell['kind']; line: number; lines: string[] }[] = []
  lines.forEach((line, index) => {
    const marker = /^# %%\s*(\[markdown\])?\s*$/.exec(line)
    if (marker) cells.push({ kind: marker[1] ? 'markdown' : 'code', line: index + 1, lines: [] })
    else if (cells.length > 0) cells[cells.length - 1]!.lines.push(line)
    else if (line.trim() !== '') cells.push({ kind: 'code', line: index, lines: [line] })
  })
  return cells.map((cell) => ({
    kind: cell.kind,
    line: cell.line,
    text: (cell.kind === 'markdown' ? cell.lines.map((line) => line.replace(/^# ?/, '')) : cell.lines).join(
      '\n',
    ),
  }))
}

/** nbformat 4.5, as Jupyter writes it: one space of indentation, `source` as a list of lines. */
export function percentToNotebook(text: string): string {
  const cells = percentCells(text).map((cell, index) => {
    const source = cell.text === '' ? [] : cell.text.split(/(?<=\n)/)
    const common = { cell_type: cell.kind, id: `cell-${index}`, metadata: {} }
    return cell.kind === 'markdown'
      ? { ...common, source }
      : { ...common, execution_count: null, outputs: [], source }
  })
  const notebook = {
    cells,
    metadata: { ...kernel, ...(JSON.parse(metadataLine.exec(text)?.[1] ?? '{}') as object) },
    nbformat: 4,
    nbformat_minor: 5,
  }
  return `${JSON.stringify(notebook, null, 1)}\n`
}

interface NotebookJson {
  metadata?: Record<string, unknown>
  cells: { cell_type: string; source: string | string[] }[]
}

export function notebookCellTexts(json: string): string[] {
  const notebook = JSON.parse(json) as NotebookJson
  return notebook.cells.map((cell) => (Array.isArray(cell.source) ? cell.source.join('') : cell.source))
}

/** Percent text of a notebook, for comparing the text after a fix. */
export function notebookToPercent(json: string): string {
  const notebook = JSON.parse(json) as NotebookJson
  const texts = notebookCellTexts(json)
  const { kernelspec: _, ...metadata } = notebook.metadata ?? {}
  let percent = Object.keys(metadata).length === 0 ? '' : `# %% [metadata] ${JSON.stringify(metadata)}\n`
  notebook.cells.forEach((cell, index) => {
    const markdown = cell.cell_type === 'markdown'
    const lines = texts[index]! === '' ? [] : texts[index]!.split('\n')
    percent += `# %%${markdown ? ' [markdown]' : ''}\n`
    for (const line of lines) percent += `${markdown ? `# ${line}`.trimEnd() : line}\n`
  })
  return percent
}
