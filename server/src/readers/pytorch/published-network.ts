/** Canonical names of what makes a network with published weights. */
export const publishedNetwork =
  /^((transformers|diffusers)\.(\w+\.)*(?!\w*(Tokenizer|Processor|Config|Extractor|Scheduler)\w*\.)\w+\.from_pretrained|sentence_transformers\.SentenceTransformer|timm\.create_model|torch\.hub\.load|clip\.load|open_clip\.create_model\w*|torchvision\.models\.(\w+\.)*[a-z]\w*|whisper\.load_model)$/
