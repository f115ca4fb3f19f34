/** Commands by what they do to a job: those that leave accelerators alone, and those that run until they are stopped. */
import type { ShellCommand } from '../../config/shell-facts.js'
import { harmlessCommands as harmless } from '../../link/harmless-commands.js'

const servers = new Set(
  (
    'jupyter jupyter-lab jupyter-notebook jupyterhub jupyterhub-singleuser sshd uvicorn gunicorn hypercorn tritonserver ' +
    'text-generation-launcher vllm ollama streamlit tensorboard code-server nginx torchserve mlflow bentoml agnhost pause ' +
    'tensorflow_model_server llama-server redis-server sglang'
  ).split(' '),
)
const serverModules =
  /^(vllm\.|http\.server|uvicorn|gunicorn|notebook|jupyter|jupyterlab|sglang\.|fastchat\.serve|tensorboard|streamlit|lmdeploy\.serve|mlc_llm\.serve|ray\.serve)/

/** Those that answer with a model on the accelerator. */
const modelServers = /^(vllm|sglang|fastchat|lmdeploy|mlc_llm|ray)\./

function nameOf(command: ShellCommand): string | null {
  const text = command.words[0]?.text ?? null
  return text === null ? null : text.slice(text.lastIndexOf('/') + 1)
}

function texts(command: ShellCommand): string[] {
  return command.words.map((word) => word.text ?? '')
}

export function isHarmless(command: ShellCommand): boolean {
  const name = nameOf(command)
  if (name === null || command.inline !== undefined) return false
  // `VAR=value` alone has no words of its own to speak of.
  if (/^\w+=/.test(name)) return command.words.length === 1
  const words = texts(command)
  // One line of Python or a packaging tool; a program from standard input could be anything.
  if (/^python[\d.]*$/.test(name))
    return (
      words[1] === '-c' ||
      (words[1] === '-m' && !modelServers.test(words[2] ?? '')) ||
      words[1] === 'setup.py' ||
      /^-(V|-version)$/.test(words[1] ?? '')
    )
  // `srun hostname`, `srun --ntasks=1 nvidia-smi`.
  if (name === 'srun' || name === 'time' || name === 'sudo' || name === 'timeout') {
    return words.slice(1).some((word) => !word.startsWith('-') && harmless.has(word))
  }
  // `wandb login` prepares; its agent starts programs until nobody has any left.
  // So does `dvc pull`; `dvc repro` and `dvc exp run` run the stages of the project.
  if (name === 'dvc') return !/^(repro|exp|run|queue)$/.test(words[1] ?? '')
  if (name === 'wandb') return words[1] !== 'agent' && words[1] !== 'launch'
  // `conda run -n env /entrypoint.sh train` is what stands behind it.
  if (runners.test(name) && words[1] === 'run')
    return words.some((word, at) => at > 1 && !word.startsWith('-') && isHarmless(behind(command, at)))
  return harmless.has(name)
}

/** Tools that run a command in an environment: `conda run`, `uv run`. */
const runners = /^(conda|mamba|micromamba|uv|poetry|pdm|pixi|pipenv|hatch|rye|pipx)$/

const behind = (command: ShellCommand, at: number): ShellCommand => ({
  ...command,
  words: command.words.slice(at),
})

/** `sleep infinity`, a notebook, an inference server: it runs until someone stops it. */
export function isServer(command: ShellCommand): boolean {
  const name = nameOf(command)
  if (name === null) return false
  const words = texts(command)
  if (
    name === 'jupyter' &&
    /^(nbconvert|execute|run|trust|kernelspec|troubleshoot|nbextension|labextension|serverextension)$/.test(
      words[1] ?? '',
    )
  )
    return false
  if (name === 'mlflow' && /^(run|artifacts|experiments|runs|db|gc|doctor)$/.test(words[1] ?? ''))
    return false
  if (servers.has(name)) return true
  if (name === 'sleep')
    return words[1] === 'infinity' || words[1] === 'inf' || /^\d+[dh]$|^\d{4,}s?$/.test(words[1] ?? '')
  if (name === 'tail') return words.some((word) => /^-[a-z]*[fF]$/.test(word)) && words.includes('/dev/null')
  if (/^python[\d.]*$/.test(name)) {
    const at = words.indexOf('-m')
    return at > 0 && serverModules.test(words[at + 1] ?? '')
  }
  // VS Code on the machine, reached from elsewhere.
  if (name === 'code') return words[1] === 'tunnel' || words[1] === 'serve-web'
  return (name === 'ray' && words[1] === 'start') || (name === 'bentoml' && words[1] === 'serve')
}

const workbenches = /^(jupyter(-lab|-notebook|hub)?|jupyterhub-singleuser|code|code-server|sshd)$/

/** A server that somebody works in: a notebook, an editor, a shell. */
export function isWorkbench(command: ShellCommand): boolean {
  const name = nameOf(command)
  return name !== null && workbenches.test(name) && isServer(command)
}
