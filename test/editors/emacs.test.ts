/** Emacs opens the file, shows the finding and applies its fix, with the configuration that docs/editors.md prints. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { documented, inProject, rule, version } from './project.js'

/** Writes what Emacs shows of the first finding to `seen.json`, applies the action that eglot prefers and saves. */
const drive = `
(require 'eglot)
(require 'flymake)
(require 'json)
(setq create-lockfiles nil make-backup-files nil eglot-confirm-server-edits nil)
(defun until (what test)
  (let ((end (+ (float-time) 60)) found)
    (while (not (setq found (funcall test)))
      (when (> (float-time) end) (error "Nothing came of: %s" what))
      (accept-process-output nil 0.05))
    found))
(find-file "search.py")
(call-interactively #'eglot)
(until "the server" #'eglot-current-server)
(flymake-mode 1)
(let ((found (car (until "the finding" #'flymake-diagnostics)))
      (before (buffer-chars-modified-tick)))
  (goto-char (flymake-diagnostic-beg found))
  (let ((seen (json-encode (list (cons 'text (flymake-diagnostic-text found)) (cons 'line (line-number-at-pos))))))
    (with-temp-file "seen.json" (insert seen)))
  (let* ((actions (eglot-code-actions (flymake-diagnostic-beg found) (flymake-diagnostic-end found) nil nil))
         (preferred (seq-find (lambda (action) (eq t (plist-get action :isPreferred))) actions)))
    (eglot-execute (eglot-current-server) preferred))
  (until "the edit" (lambda () (/= before (buffer-chars-modified-tick))))
  (save-buffer))
`

describe('Emacs', function () {
  this.timeout(180_000)

  it('shows a finding and applies its fix', async function () {
    if (version('emacs', '--version') === undefined) return this.skip()
    await inProject(({ project, home, write }) => {
      const init = write('init.el', documented('Emacs (eglot)', 'elisp'))
      const script = write('drive.el', drive)
      execFileSync('emacs', ['--batch', '-Q', '-l', init, '-l', script], {
        cwd: project,
        env: { ...process.env, HOME: home },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      const seen = JSON.parse(readFileSync(join(project, 'seen.json'), 'utf8'))
      assert.ok(seen.text.includes(rule), seen.text)
      assert.equal(seen.line, 9)
      assert.match(readFileSync(join(project, 'search.py'), 'utf8'), /HalvingGridSearchCV\(/)
    })
  })
})
