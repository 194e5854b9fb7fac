#!/usr/bin/env bash
# Makes thumbnails on several hosts, by GNU parallel over SSH: `cluster.sh --help`.
#
# GNU parallel schedules the videos on the hosts, and retries a failed one on another host. Instead of ssh it
# calls `carry`, below: ssh with the video on its stdin and the thumbnails on its stdout. So each video is one
# SSH session, and it counts as done once its thumbnails are in place.
set -euo pipefail
export LC_ALL=C # names are bytes

fail() { # exit code, message
    printf 'cluster.sh: %s\n' "$2" >&2
    exit "$1"
}
((BASH_VERSINFO[0] >= 5)) || fail 1 "this is bash $BASH_VERSION; bash 5 is needed"

usage() {
    cat <<'HELP'
Makes video thumbnails on several hosts, the same as demo-single makes on one

Usage: scripts/cluster.sh [OPTIONS] [DEMO OPTIONS] VIDEO...
       … | scripts/cluster.sh [OPTIONS] [DEMO OPTIONS]    names from stdin, NUL- or newline-separated

  --hosts FILE     a host a line: [JOBS/][USER@]HOST, as ssh knows it; JOBS is its cores if not said,
                   ":" is this machine [default: this machine alone]
  -o, --out DIR    where the thumbnails go [default: thumbnails/cluster]; the job log, and what a
                   second start needs, go to DIR.cluster
  --shared         the hosts see the videos under the same absolute paths: send only these
  --resume         do only what an earlier start has not done [this is the default]
  --no-resume      do all again
  --programs DIR   use DIR/demo-single, DIR/examples/names and publish instead of building them
  -q, --quiet      no progress, no closing line; errors are still printed
  -h, --help       this

Demo options: --delay (0s if not said), --delay-kind, --frames, --at, --sizes, --seek, --format,
--contact-sheet, --ffmpeg-threads, --timeout, --no-download; demo-single --help explains them.

A host needs sshd and a key that asks for no password, perl, tar and ffmpeg.
The variable CLUSTER_SSH is the ssh command: CLUSTER_SSH="ssh -F my-config" [default: ssh].

Exit: 0 all videos are done; 1 some failed, or no host can be used; 2 wrong usage; 130 interrupted.
HELP
}

# ---- Functions that this script and GNU parallel call.

# ssh with our settings. A lost host is noticed after 15 seconds. All sessions of a host share one
# connection (ControlMaster); without that each video would cost a handshake.
on() { # ssh's arguments
    # shellcheck disable=SC2086 # the variable is a command with its options
    ${CLUSTER_SSH:-ssh} -o BatchMode=yes -o ConnectTimeout=10 -o LogLevel=ERROR \
        -o ServerAliveInterval=5 -o ServerAliveCountMax=3 \
        -o ControlMaster=auto -o ControlPath="$run/%C" -o ControlPersist=60 "$@"
}

there() { # host, shell command
    if [[ $1 == this-machine ]]; then bash -c "$2"; else on "$1" "$2"; fi
}

# Checks a host and sends it the program and the job. Writes its line for GNU parallel.
prepare() { # [JOBS/]HOST
    local host=${1#*/} answer system cores ffmpeg perl
    left_out() {
        printf 'cluster.sh: %s is left out: %s\n' "$host" "$1" >&2
        exit 1
    }
    answer=$(there "$host" 'sh -s' <"$run/facts" 2>"$run/errors/$host") ||
        left_out "it cannot be reached: $(tail -n 1 "$run/errors/$host")"
    read -r system cores ffmpeg perl <<<"$answer"
    [[ $system == "$(uname -sm | tr ' ' -)" ]] ||
        left_out "it is $system, and demo-single was built for $(uname -sm | tr ' ' -)"
    ((ffmpeg == 0)) || left_out 'it has no ffmpeg'
    ((perl == 0)) || left_out 'it has no perl, which GNU parallel needs there'
    printf '%s\n' "$host" >>"$run/used"
    # Put into place by an atomic rename: two names in the list of hosts can be one machine, and then the program
    # may be there already, and running.
    tar -C "$run/send" -cf - . 2>"$run/errors/$host" | there "$host" "umask 077 && mkdir -p $dir/jobs &&
        [ -O $dir ] && cd $dir && new=\$(mktemp -d ./new.XXXXXX) && tar -xf - -C \$new &&
        \$new/demo-single --version >/dev/null && mv -f \$new/* . && rmdir \$new" 2>>"$run/errors/$host" ||
        left_out "demo-single cannot run there: $(tail -n 1 "$run/errors/$host")"
    [[ $1 != */* ]] || cores=${1%%/*}
    printf '%s/%s\n' "$cores" "$host"
}

# Does one video: GNU parallel calls `carry HOST -- COMMAND…` as it would call ssh.
carry() {
    local host=() argument job name source shown key unfinished codes
    # For a host with ten jobs or more, GNU parallel first tries how many sessions the host allows. These calls are
    # not jobs: PARALLEL_SEQ, the number of a job, is not set.
    [[ -n ${PARALLEL_SEQ-} ]] || { there "$1" "${*:3}" && return; }
    set -o pipefail
    for argument; do
        [[ $argument != -- ]] || break
        host+=("$argument")
    done
    mapfile -d '' -s $((fields * (PARALLEL_SEQ - 1))) -n "$fields" job <"$run/jobs"
    name=${job[0]} source=${job[1]} shown=${job[2]} key=${job[3]}
    unfinished=$(mktemp -d "$out/.unfinished-${run##*.}-XXXXXX") || return
    trap 'rm -rf -- "$unfinished"' EXIT
    trap 'exit 143' INT TERM HUP
    mkdir -- "$unfinished/new" || return
    {
        if [[ ${host[0]} == this-machine ]]; then
            # Not as COMMAND: on this machine GNU parallel could not end its processes, as it can on other hosts.
            printf '%s\n' "$source" | this_machine=yes sh "$dir/job" "$shown"
        elif [[ $source != /* ]]; then
            printf '%s\n' "$source" | on "$@"
        elif [[ -n $shared ]]; then
            on "$@" </dev/null
        elif [[ -f $source && -r $source ]]; then
            # The size comes first: the host refuses a file that is shorter or longer, because it changed meanwhile.
            { wc -c <"$source" && cat -- "$source"; } | on "$@"
        else
            # A file that cannot be read cannot be sent. demo-single says here what is wrong with it.
            "$program" --quiet --delay 0s --out "$unfinished/none" -- "$source" && false
        fi | tar -xmf - -C "$unfinished/new" --strip-components=2 \
            --no-same-owner --no-same-permissions
        codes=("${PIPESTATUS[@]}")
    } 2>"$run/errors/$PARALLEL_SEQ"
    if ((codes[0] == 255)) && ! on "${host[@]}" "test -x $dir/demo-single" 2>/dev/null; then
        # Not to stderr, which GNU parallel drops if it retries the job.
        grep -q -s -x -F -e "$PARALLEL_SSHLOGIN" "$run/gone" ||
            printf '%scluster.sh: %s is gone; its videos go elsewhere\n' "$before" "$PARALLEL_SSHLOGIN" >&3
        # GNU parallel reads the file `left` again, and gives this host no more jobs. With no host left it would wait
        # for ever, so it is ended.
        printf '%s\n' "$PARALLEL_SSHLOGIN" >>"$run/gone"
        awk -F/ 'NR == FNR { gone[$1]; next } !($2 in gone)' "$run/gone" "$run/ready" >"$unfinished/left"
        mv -- "$unfinished/left" "$run/left"
        [[ -s $run/left ]] || kill "$PARALLEL_PID"
    fi
    if ((codes[0] || codes[1])); then
        [[ -s $run/errors/$PARALLEL_SEQ ]] ||
            printf '%s: exit code %s without a word\n' "$PARALLEL_SSHLOGIN" "${codes[*]}" >"$run/errors/$PARALLEL_SEQ"
        return "$((codes[0] ? codes[0] : codes[1]))"
    fi
    trap '' INT TERM HUP # what follows must not be interrupted half-way
    "$publish" "$unfinished/new" "$out" "$name" 2>>"$run/errors/$PARALLEL_SEQ" || return
    # Appended by cat, in one write(2): bash would write line by line, and lines of other jobs could get in between.
    printf '%s\0' "$options"$'\n'"$name/$key" >"$unfinished/done" && cat "$unfinished/done" >>"$log/done"
    printf . >>"$run/count"
    [[ -n $quiet ]] || tell "$(($(wc -c <"$run/count")))" "$shown" "$PARALLEL_SSHLOGIN" >&2
}

tell() { # videos done, video, host
    local left=$(((EPOCHSECONDS - began) * (total - $1) / $1))
    printf '%s%s %s on %s%s' "$before" "$1 of $total, $((left / 60)) min $((left % 60)) s left:" \
        "${2//[[:cntrl:]]/?}" "$3" "$after"
}

# ---- The command line.

project=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
hosts='' out=thumbnails/cluster shared='' quiet='' programs='' resume=yes demo=() videos=()
while (($#)); do
    case $1 in
    --hosts=* | --out=* | --programs=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" && continue ;;
    -o?*) set -- -o "${1#-o}" "${@:2}" && continue ;;
    --hosts | -o | --out | --programs | --delay | --delay-kind | --frames | --at | --sizes | --seek | \
        --format | --ffmpeg-threads | --timeout)
        (($# > 1)) || fail 2 "$1 needs a value"
        case $1 in
        --hosts) hosts=$2 ;;
        -o | --out) out=$2 ;;
        --programs) programs=$2 ;;
        *) demo+=("$1=$2") ;;
        esac
        shift
        ;;
    --shared) shared=yes ;;
    --resume) resume=yes ;;
    --no-resume) resume='' ;;
    -q | --quiet) quiet=yes ;;
    -h | --help) usage && exit ;;
    --json | --json=* | --trace | --trace=* | --samples | --samples=*)
        fail 2 "${1%%=*} is for a run on one machine; here there is a job log" ;;
    --) videos+=("${@:2}") && break ;;
    -?*) demo+=("$1") ;;
    *) videos+=("$1") ;;
    esac
    shift
done
[[ -z $hosts || -r $hosts ]] || fail 2 "the file $hosts cannot be read"
((${#videos[@]})) || [[ ! -t 0 ]] || fail 2 'no video is named; --help explains'

# ---- Everything in its place.

bring_parallel() {
    echo 'There is no GNU parallel on this machine; installing it.' >&2
    local root=()
    ((EUID == 0)) || root=(sudo)
    if command -v apt-get >/dev/null; then
        "${root[@]}" apt-get update
        "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends parallel
    elif command -v dnf >/dev/null; then "${root[@]}" dnf install --assumeyes parallel
    elif command -v pacman >/dev/null; then "${root[@]}" pacman -S --needed --noconfirm parallel
    elif command -v apk >/dev/null; then "${root[@]}" apk add --no-cache parallel
    elif command -v zypper >/dev/null; then "${root[@]}" zypper --non-interactive install gnu_parallel
    elif command -v brew >/dev/null; then brew install parallel
    fi
}
# moreutils has another program that is called parallel.
gnu_parallel() { [[ $(parallel --version 2>&1) == 'GNU parallel'* ]]; }
gnu_parallel || bring_parallel >&2
gnu_parallel || fail 1 'GNU parallel is needed: https://www.gnu.org/software/parallel'

if [[ -z $programs ]]; then
    cargo=(cargo build --quiet --release --manifest-path "$project/Cargo.toml")
    "${cargo[@]}" --package demo-single
    "${cargo[@]}" --package thumbnail-core --example names --example publish
    programs=${CARGO_TARGET_DIR:-$project/target}/release
fi
program=$programs/demo-single publish=$programs/examples/publish
# demo-single checks the options: it fails on a wrong one, and after good ones shows its help.
"$program" ${demo[@]+"${demo[@]}"} --help >/dev/null || exit 2
case " ${demo[*]-} " in *' --delay='*) ;; *) demo+=(--delay=0s) ;; esac
[[ -n $hosts ]] || "$project/scripts/ensure-ffmpeg.sh"

# The absolute path; the x keeps newlines at the end of a name.
[[ $out == /* ]] || out=./$out
mkdir -p -- "$out"
out=$(CDPATH='' cd -- "$out" && pwd && echo x) out=${out%$'\nx'}
log=$out.cluster
mkdir -p -- "$log"
# Files under these names must be of an earlier start, or they would be lost: `done` begins with a quoted option and
# ends in a NUL; `joblog` begins with the heading of GNU parallel's log.
foreign() { fail 1 "$1 is in the way and not of an earlier start: move it, or choose another --out"; }
[[ ! -s $log/done || $(head -c 4 "$log/done" | tr '\0' x)$(tail -c 1 "$log/done" | tr '\0' 0) == " '--0" ]] ||
    foreign "$log/done"
[[ ! -s $log/joblog || $(head -c 8 "$log/joblog") == $'Seq\tHost' ]] || foreign "$log/joblog"
for file in "$log"/{done,joblog}; do
    [[ ! -L $file && (! -e $file || -f $file) ]] || foreign "$file"
done
# In /tmp, because it holds the sockets of ssh, whose paths can have only some hundred bytes.
run=$(mktemp -d /tmp/thumbnails.XXXXXX)
# The directory on every host. Not in /tmp, which can be a tmpfs, in memory, and too small for a video.
dir=/var/tmp/thumbnails-$(od -An -N 8 -tx8 /dev/urandom | tr -d ' ')
engine=''

# Removes everything temporary, here and on the hosts. Closing the connection to a host ends its jobs.
clean_up() {
    trap '' INT TERM HUP
    set +e # else a command that fails here would decide the exit code
    local host tries=0
    [[ ! -e $run/used ]] || while IFS= read -r host; do
        {
            [[ $host == this-machine ]] || on -O exit "$host" || true
            # The jobs are given 3 seconds to remove their directories.
            there "$host" "sh -c 'i=0; while [ \$i -lt 30 ] && ls $dir/jobs/* >/dev/null; do
                sleep 0.1; i=\$((i + 1)); done; rm -rf $dir'" ||
                printf 'cluster.sh: %s cannot be reached; %s is left there\n' "$host" "$dir" >&3
            [[ $host == this-machine ]] || on -O exit "$host" || true
        } 3>&2 2>/dev/null </dev/null &
    done <"$run/used"
    wait
    # Retried, because a job that was just ended may still write into its directory.
    until rm -rf -- "$run" "$out/.unfinished-${run##*.}-"* 2>/dev/null || ((++tries == 50)); do sleep 0.1; done
}
stop() { # exit code
    trap '' INT TERM HUP
    # Both signals: while it starts, there are moments in which GNU parallel ignores one of them.
    [[ -z $engine ]] || { kill -TERM "$engine" && kill -INT "$engine"; wait "$engine"; } 2>/dev/null || true
    exit "$1"
}
trap clean_up EXIT
trap 'stop 130' INT
trap 'stop 143' TERM HUP

# In the background, because bash runs no trap while it waits for a program in the foreground.
engine() { # GNU parallel's arguments
    parallel --plain "$@" 3>&2 & # --plain: without the user's own configuration of GNU parallel
    engine=$!
    wait "$engine" || return
}

# ---- The list of videos, without those that are done already. Each has four fields: the name of its directory, its
# file or URL, that in a form to be shown, and its key in the list `done`. The last two hold no user name, password
# or query of a URL.

if ((${#videos[@]})); then
    printf '%s\0' "${videos[@]}"
else
    cat >"$run/stdin"
    # No name can contain a NUL. So if there is one, NULs separate the names, or else newlines.
    if cmp -s "$run/stdin" <(tr -d '\0' <"$run/stdin"); then
        sed '/^$/d' "$run/stdin" | tr '\n' '\0'
    else
        cat "$run/stdin"
    fi
fi | "$programs/examples/names" "$out" >"$run/all"
options=$(for option in "${demo[@]}"; do printf " '%s'" "${option//\'/\'\\\'\'}"; done)

declare -A done_before=()
read_done() { # the list on stdin
    local key
    while IFS= read -r -d '' key; do done_before[$key]=yes; done
}
is_done() { # name, key
    [[ -n ${done_before[$options$'\n'$1/$2]-} && -d $out/$1 ]]
}
[[ -n $resume && -e $log/done ]] || : >"$log/done"
read_done <"$log/done"
known=$(wc -c <"$log/done")
fields=4
read_video() { # each of a video's fields, on stdin
    IFS= read -r -d '' name && IFS= read -r -d '' source && IFS= read -r -d '' shown && IFS= read -r -d '' key
}
while read_video; do
    # A video that was changed since is to be done again.
    is_done "$name" "$key" && [[ ! $source -nt $out/$name ]] || printf '%s\0' "$name" "$source" "$shown" "$key"
done <"$run/all" >"$run/jobs"
count() { echo $(($(tr -dc '\0' <"$1" | wc -c) / fields)); }
all=$(count "$run/all") total=$(count "$run/jobs")
((all)) || fail 2 'no video is named; --help explains'
say() { [[ -n $quiet ]] || printf '%s\n' "$*" >&2; }
((all == total)) || say "$((all - total)) of $all videos are done already"
((total)) || exit 0

# ---- What is sent to each host: the program, and the script of a job, which runs it.

mkdir "$run/send" "$run/errors"
cp -- "$program" "$run/send/demo-single"
cat >"$run/facts" <<'END'
has() { command -v "$1" >/dev/null; echo $?; }
echo $(uname -sm | tr ' ' -) $(nproc || getconf _NPROCESSORS_ONLN) $(has "${FFMPEG:-ffmpeg}") $(has perl)
END
{
    printf 'dir=%s shared=%s\n' "$dir" "$shared"
    printf 'demo_single() { %s/demo-single --quiet%s "$@"; }\n' "$dir" "$options"
    cat <<'END'
here=$dir/jobs/$PARALLEL_SEQ-$$
trap 'rm -rf "$here"' EXIT
trap 'exit 143' INT TERM HUP
mkdir "$here" || exit
case $1 in
/*)
    # Always called "video"; only the extension may tell ffmpeg something.
    name=${1##*/} extension=${1##*.} video=$here/video
    case $extension in *[!A-Za-z0-9]* | '' | "$name") ;; *) video=$video.$extension ;; esac
    if [ -n "$shared$this_machine" ]; then
        ln -s "$1" "$video"
    else
        read -r size && cat >"$video" || exit
        [ "$(wc -c <"$video")" -eq "$size" ] || { echo "it changed, or could not be read to its end" >&2; exit 1; }
    fi
    ;;
*) IFS= read -r video || exit ;; # not as an argument, which the job log and the list of processes show
esac
demo_single --out "$here/out" -- "$video" >&2 && tar -cf - -C "$here/out" .
END
} >"$run/send/job"

# ---- The run.

# On a terminal each line of progress replaces the one before.
before='' after=$'\n'
[[ ! -t 2 ]] || before=$'\r\033[K' after=''
began=$EPOCHSECONDS
export run out log dir program publish total options fields shared quiet before after began
unset PARALLEL_SEQ # set if GNU parallel started this script
# A script file: GNU parallel runs some commands through /bin/sh, which need not pass on functions of bash.
{ declare -f on there prepare carry tell && echo '"$@"'; } >"$run/call"

if [[ -n $hosts ]]; then
    sed 's/#.*//; s/[[:space:]]//g; /^$/d; s/^\([0-9]*\/\)\{0,1\}:$/\1this-machine/' "$hosts" >"$run/named"
    if port=$(grep -m 1 -E '^[^:]*:[0-9]+$' "$run/named"); then
        fail 2 "a port belongs into ~/.ssh/config, under a name that is then used here: $port"
    fi
    if wrong=$(grep -m 1 -v -E '^([0-9]+/)?[^-/][^/]*$' "$run/named"); then
        fail 2 "no host is called that: $wrong"
    fi
    cat "$run/named"
else
    echo this-machine
fi | awk '!seen[$0]++' >"$run/hosts"
engine --jobs 0 --arg-file "$run/hosts" bash "$run/call" prepare >"$run/ready" || true
[[ -s $run/ready ]] || fail 1 'there is no host that can be used'
cp "$run/ready" "$run/left"
say "$total videos on $(paste -s -d ' ' "$run/ready")"

# GNU parallel writes no heading to a log that it appends to.
[[ -e $log/joblog ]] ||
    printf 'Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n' >"$log/joblog"
# Either the video or the host can be the reason for a failure, so each video is tried on up to three hosts.
tries=$(($(wc -l <"$run/ready")))
engine --ssh "bash $run/call carry" --sshloginfile "$run/left" --retries "$((tries < 3 ? tries : 3))" \
    --termseq TERM,3000,KILL,25 --joblog "+$log/joblog" \
    --null --max-args "$fields" --arg-file "$run/jobs" "sh $dir/job {3}" || true
[[ -n $quiet ]] || printf '%s' "$before" >&2

# ---- The outcome. A video is done if its thumbnails are in place, whatever GNU parallel's exit code.

done_before=()
read_done < <(tail -c "+$((known + 1))" "$log/done")
at=0 failed=0
while read_video; do
    at=$((at + 1))
    is_done "$name" "$key" && continue
    failed=$((failed + 1))
    reason=$({ grep -m 1 ': failed: ' "$run/errors/$at" || head -n 1 "$run/errors/$at"; } 2>/dev/null) || true
    reason=${reason#*: failed: }
    printf '%s: failed: %s\n' "$shown" "${reason:-no host was left to try it}" >&2
done <"$run/jobs"
say "$((all - failed)) of $all videos are done; thumbnails are in $out, the job log is $log/joblog"
((failed == 0))
