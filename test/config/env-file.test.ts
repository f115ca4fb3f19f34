/** Files of variables: what is kept of them. */
import assert from 'node:assert/strict'
import { variablesIn, withoutSecrets } from '../../server/src/config/env-file.js'

describe('files of variables', () => {
  it('keep no secrets: none of one line, none of several, none in an address', () => {
    const text = [
      'EPOCHS=3',
      'export WANDB_API_KEY=abc',
      'PRIVATE_KEY="-----BEGIN',
      'MIIabc',
      '-----END"',
      'DATABASE_URL=postgres://user:hunter2@host/runs',
      "BATCH='64'",
    ].join('\n')
    const kept = withoutSecrets(text)
    assert.doesNotMatch(kept, /abc|BEGIN|hunter2/)
    assert.equal(kept.split('\n').length, text.split('\n').length)
    const { EPOCHS, BATCH, DATABASE_URL } = Object.fromEntries(variablesIn(kept))
    assert.deepEqual([EPOCHS, BATCH, DATABASE_URL], ['3', '64', 'postgres://host/runs'])
  })

  it('keep numbers of tokens and of passes, and the name of a tokenizer', () => {
    const text = 'MAX_TOKENS=512\nTOKENIZER=gpt2\nWARMUP_PASSES=2\nHF_TOKEN=hf_abc\n'
    const { MAX_TOKENS, TOKENIZER, WARMUP_PASSES, HF_TOKEN } = Object.fromEntries(
      variablesIn(withoutSecrets(text)),
    )
    assert.deepEqual([MAX_TOKENS, TOKENIZER, WARMUP_PASSES, HF_TOKEN], ['512', 'gpt2', '2', ''])
  })
})
