/** Commands that leave accelerators alone and start no program of a project. */

/** Nothing in these uses an accelerator for long. */
export const harmlessCommands = new Set(
  // What every system brings to look at files, text, users, processes and the network.
  (
    'arch b2sum base32 base64 basenc cal cksum cmp col column comm csplit dd df diff diff3 dir dmesg domainname egrep expand ' +
    'factor fallocate fgrep file fmt fold fuser getconf getfacl groups hexdump hostid hostnamectl iconv install iostat join ' +
    'killall less link locale locate logname look lsmem lsof lspci lsusb m4 mkfifo more mountpoint namei netstat nl numfmt od ' +
    'paste patch pathchk pgrep pidof pinky pmap pr pstree pv quota rename rev sar sdiff setfacl sha1sum sha224sum sha256sum ' +
    'sha384sum sha512sum shred shuf split ss strings sum sysctl systemctl tac tempfile timedatectl top truncate tsort tty ' +
    'unexpand unlink uptime users vdir vmstat w wall whereis who xxd yes numastat nvtop gpustat htop envsubst ' +
    // Archives and transfers.
    'bunzip2 bzip2 bzcat pbzip2 pigz unpigz lz4 zstd zcat zgrep xz unxz xzcat 7z 7za unrar bsdtar rclone sftp lftp ftp axel ' +
    'mc mcli gdown kaggle globus dvc git-lfs svn hg hadoop hdfs lfs beegfs-ctl squashfuse squashfuse_ll fusermount sshfs ' +
    'databricks doctl oci ibmcloud kubectl helm gh op vault ' +
    // What sets a machine up, and takes it down.
    'shutdown poweroff halt reboot dpkg rpm add-apt-repository apt-key useradd usermod groupadd chpasswd visudo modprobe service ' +
    'journalctl cloud-init ufw iptables crontab mkfs mkfs.ext4 mkfs.xfs blkid parted mkswap swapon swapoff chronyc ec2-metadata ' +
    'snap amazon-cloudwatch-agent-ctl ' +
    // Environments and schedulers.
    'pixi pyenv asdf nvm npm apk brew snap pipx pip2 pip-compile conda-unpack conda-pack qstat qsub qdel bjobs bsub ' +
    'sshare sprio sreport sattach strigger ' +
    'ruff black isort flake8 mypy pylint pre-commit ' +
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
