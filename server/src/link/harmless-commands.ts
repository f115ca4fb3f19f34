/** Commands that leave accelerators alone and start no program of a project. */

/** Nothing in these uses an accelerator for long. */
export const harmlessCommands = new Set(
  (
    'echo printf cat head tail tee grep egrep awk sed cut sort uniq tr wc find ls cd pwd pushd popd mkdir rmdir rm cp mv ln touch ' +
    'chmod chown stat du df export source . set unset declare local readonly typeset eval shift shopt ulimit umask trap read ' +
    'test [ [[ true false : exit return break continue if then wait sleep date hostname whoami id uname env printenv which ' +
    'type command hash free lscpu lsblk nproc nvidia-smi rocm-smi amd-smi hl-smi neuron-ls tpu-info nvcc dcgmi ibstat ip ifconfig ping nslookup getent module ml ' +
    'spack conda mamba micromamba activate deactivate pip pip3 uv poetry pdm virtualenv apt apt-get yum dnf git curl wget ' +
    'aria2c rsync scp tar gzip gunzip zip unzip md5sum sha256sum kill pkill killall ps top jobs scontrol sbatch squeue sacct scancel ' +
    'sinfo sacctmgr sstat seff gsutil gcloud aws az azcopy s5cmd huggingface-cli hf wandb dirname basename realpath readlink ' +
    'mktemp seq expr bc jq yq xargs_ tput clear stty nohup_ time_ logger mail sync mount umount nvidia-cuda-mps-control ldconfig ldd make_ cmake ' +
    'sudo_ su tmux_ screen_ let mapfile readarray printf getopts alias dos2unix taskset_ free numactl_ ssh-keygen ray_'
  )
    .split(' ')
    .filter((word) => !word.endsWith('_')),
)
