/** Commands that run a notebook from its first cell to its last. Data, from the `--help` of each tool. */
import { type OptionTable, table } from './option-table.js'

export interface NotebookRunner extends OptionTable {
  words: string[]
  /** Without this option the command only converts. */
  needs?: string
  /** Options that replace values of the cells. */
  replaces?: string[]
}

const nbconvert = table(
  'to output output-dir template config log-level ExecutePreprocessor.timeout ExecutePreprocessor.kernel_name',
  'execute allow-errors inplace stdout stdin no-input no-prompt clear-output debug y',
)

export const notebookRunners: NotebookRunner[] = [
  {
    words: ['papermill'],
    replaces: [
      'p',
      'parameters',
      'r',
      'parameters_raw',
      'f',
      'parameters_file',
      'y',
      'parameters_yaml',
      'b',
      'parameters_base64',
    ],
    ...table(
      'p*2 parameters*2 r*2 parameters-raw*2 f parameters-file y parameters-yaml b parameters-base64 k kernel language engine cwd start-timeout execution-timeout autosave-cell-every request-save-on-cell-execute stdout-file stderr-file log-level',
      'inject-input-path inject-output-path inject-paths progress-bar no-progress-bar log-output no-log-output report-mode no-report-mode prepare-only',
    ),
  },
  { words: ['jupyter', 'nbconvert'], needs: 'execute', ...nbconvert },
  { words: ['jupyter-nbconvert'], needs: 'execute', ...nbconvert },
  {
    words: ['jupyter', 'execute'],
    ...table('timeout kernel_name startup_timeout output log-level', 'inplace allow-errors debug y'),
  },
]
