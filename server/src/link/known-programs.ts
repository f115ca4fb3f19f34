/** Programs of well-known projects, by the name of their file, where the project itself does not hold them. */

/** Converters of llama.cpp: they read and write weights, tensor by tensor, on the CPU. */
const onProcessor = /(^|\/)convert[-_](hf|lora|llama_ggml)[-_]to[-_]gguf\.py$/

/** True: nothing in it computes on an accelerator, whatever it is given. */
export function computesOnProcessor(path: string | null): boolean {
  return path !== null && onProcessor.test(path)
}
