/** A Markdown file as a shell script of the same length: the command lines of its code blocks; everything else is blank. */

const fence = /^ {0,3}(`{3,}|~{3,})[ \t]*\{?\.?([\w+-]*)[^`\n]*$/
const shellBlock = /^(|ba|z|fi)?(sh|shell)?$|^(console|terminal|text|cmd|powershell|bat|batch|ps1?)$/i
/** `$ python train.py`, `!python train.py` as in a notebook, `CUDA_VISIBLE_DEVICES=0 torchrun …`, `cd code`. */
const command =
  /^([ \t]*)((?:[$>%][ \t]+|[!%][ \t]*)?)(?=(?:[A-Z_][A-Z0-9_]*=\S*[ \t]+)*(?:python[\d.]*|uv run|poetry run|torchrun|accelerate|deepspeed|horovodrun|mpirun|sky|cd|export)[ \t])/

export function maskMarkdown(text: string): string {
  let open: string | null = null
  let taken = false
  let continued = false
  return text.replace(/[^\n]+/g, (line) => {
    const mark = fence.exec(line.trimEnd())
    if (open === null) {
      if (mark !== null) {
        open = mark[1]!
        taken = shellBlock.test(mark[2]!)
        continued = false
      }
      return blank(line)
    }
    if (mark !== null && mark[2] === '' && mark[1]!.startsWith(open)) {
      open = null
      return blank(line)
    }
    if (!taken) return blank(line)
    const begins = continued ? null : command.exec(line)
    if (!continued && begins === null) return blank(line)
    continued = /\\\s*$/.test(line)
    return begins === null ? line : blank(begins[0]) + line.slice(begins[0].length)
  })
}

function blank(line: string): string {
  return ' '.repeat(line.length)
}
