/**
 * Commands that hand another one to the shell of a machine elsewhere: `ssh host "python train.py"`, `gcloud compute ssh vm
 * --command "…"`, `ray exec cluster.yaml "…"`, or to a terminal that stays open (tmux, screen). Sources: ssh(1) of OpenSSH 9.7; references of gcloud and of Ray 2.44.
 */
import type { ShellWord } from '../config/shell-facts.js'

/** The text of the script, or the words of the only command. `cluster`: the file of the cluster that runs it, as written. */
export type RemoteCommand = ({ script: ShellWord } | { words: ShellWord[] }) & { cluster?: string }

/** Undefined: another command. Null: it runs nothing that can be read. */
export function remoteCommand(name: string, words: ShellWord[]): RemoteCommand | null | undefined {
  if (name === 'ssh') return behindHost(words.slice(1), sshOptions)
  if (name === 'tmux' || name === 'screen') return inTerminal(name, words.slice(1))
  if (name === 'ray' && words[1]?.text === 'exec') {
    const command = behindHost(words.slice(2), rayOptions)
    const cluster = words.slice(2).find(({ text }) => /\.ya?ml$/.test(text ?? ''))?.text
    return command === null || cluster == null ? command : { ...command, cluster }
  }
  if (name !== 'gcloud') return undefined
  const at = words.findIndex(({ text }) => text === 'ssh')
  const before = words.slice(1, Math.max(1, at)).map(({ text }) => text)
  if (at < 0 || !before.includes('compute') || before.some((one) => one === null || one.startsWith('-')))
    return undefined
  return optionOf(words.slice(at + 1), '--command')
}

/** Options that take a word. */
const sshOptions = /^-[BbcDEeFIiJLlmOoPpQRSWw]$/
const rayOptions = /^(-n|--cluster-name|-p|--port-forward|--run-env)$/

/** `tmux new-session -d -s train "…"`, `tmux send-keys -t train "…" Enter`, `screen -dmS train bash -c "…"` */
function inTerminal(name: string, words: ShellWord[]): RemoteCommand | null {
  const isTmux = name === 'tmux'
  if (isTmux && !/^(new|new-session|neww|new-window|send|send-keys)$/.test(words[0]?.text ?? '')) return null
  let at = isTmux ? 1 : 0
  while (words[at]?.text?.startsWith('-') === true)
    at += /^-[stncxyF]$|^-[A-Za-z]*S$/.test(words[at]!.text!) ? 2 : 1
  const rest = words.slice(at).filter(({ text }) => !/^(Enter|C-m|ENTER)$/.test(text ?? ''))
  const [first] = rest
  if (first === undefined) return null
  return rest.length === 1 && /\s/.test(first.raw) ? { script: first } : { words: rest }
}

/** `ssh -p 22 host "…"` */
function behindHost(words: ShellWord[], takesWord: RegExp): RemoteCommand | null {
  let at = 0
  while (words[at]?.text?.startsWith('-') === true) at += takesWord.test(words[at]!.text!) ? 2 : 1
  const rest = words.slice(at + 1)
  const [first] = rest
  if (first === undefined) return null
  return rest.length === 1 && /\s/.test(first.raw) ? { script: first } : { words: rest }
}

/** `--command "…"`, `--command="…"` */
function optionOf(words: ShellWord[], name: string): RemoteCommand | null {
  for (const [index, word] of words.entries()) {
    if (word.text === name) {
      const script = words[index + 1]
      return script === undefined ? null : { script }
    }
    if (!word.raw.startsWith(`${name}=`)) continue
    const skipped = name.length + 1
    const rest = (text: string) => text.slice(skipped)
    return {
      script: {
        ...word,
        text: word.text === null ? null : rest(word.text),
        raw: rest(word.raw),
        start: word.start + skipped,
        ...(word.outline === undefined ? {} : { outline: rest(word.outline) }),
      },
    }
  }
  return null
}
