/** What standard input is taken to be where nobody gives it a name: its beginning tells. */
export function nameFor(input: Uint8Array): string {
  const text = new TextDecoder().decode(input.subarray(0, 4_000)).trimStart()
  if (/^#!.*\b(?:ba|z|k|da)?sh\b/.test(text)) return 'stdin.sh'
  if (/^\{[\s\S]*"(?:cells|nbformat)"\s*:/.test(text)) return 'stdin.ipynb'
  if (/^[{[]\s*["{[\]}]/.test(text)) return 'stdin.json'
  if (/^(?:FROM|ARG)\s+\S+/.test(text) && /^(?:RUN|CMD|COPY|ENTRYPOINT|ENV)\s/m.test(text))
    return 'Dockerfile'
  if (/^(?:resource|module|variable|provider|terraform)\b[^\n=]*\{/m.test(text)) return 'stdin.tf'
  // A key, or a list of keys, before anything that only a program holds.
  const first = text.split('\n').find((line) => line.trim() !== '' && !line.startsWith('#')) ?? ''
  return /^(?:---|(?:- )?["']?[\w./-]+["']?:(?:\s|$))/.test(first) && !/^(?:else|try|finally):/.test(first)
    ? 'stdin.yaml'
    : 'stdin.py'
}
