/** What arguments of a `Trainer` tell of the release that a program is written for. */

const goneBeforeBf16 =
  /^(early_stop_callback|row_log_interval|log_save_interval|(train|val|test|overfit)_(percent_check|pct)|max_nb_epochs|min_nb_epochs|use_amp|num_tpu_cores|nb_gpu_nodes|distributed_backend)$/

const goneBeforeTwo =
  /^(gpus|auto_select_gpus|tpu_cores|ipus|num_processes|amp_backend|amp_level|progress_bar_refresh_rate|checkpoint_callback|weights_summary|resume_from_checkpoint|auto_lr_find|auto_scale_batch_size|distributed_backend|replace_sampler_ddp|truncated_bptt_steps|flush_logs_every_n_steps|terminate_on_nan|early_stop_callback|row_log_interval|log_save_interval|max_nb_epochs|use_amp|num_tpu_cores|nb_gpu_nodes)$/

/** Those of them that most programs give. */
export const usualOfFirstVersion = [
  'gpus',
  'progress_bar_refresh_rate',
  'weights_summary',
  'resume_from_checkpoint',
]

/** An argument that releases with bf16 (1.5) no longer have. */
export const isFromBeforeBf16 = (name: string): boolean => goneBeforeBf16.test(name)

/** An argument that version 2 no longer has. */
export const isOfFirstVersion = (name: string): boolean => goneBeforeTwo.test(name)
