#!/usr/bin/env bash
# Tests scripts/cluster.sh on real SSH. The hosts are network namespaces of this machine on one bridge. Each has
# its own sshd, processes and /tmp; the keys are made for the test. Needs root, or sudo without a password; says
# why if it cannot run. Everything that it makes disappears with its namespace.
#
# `.ci/cluster.sh --measure` measures instead what a video costs by SSH, beside demo-single alone.
set -euo pipefail
CDPATH='' cd -- "$(dirname "${BASH_SOURCE[0]}")/.."
PATH=$PATH:/usr/sbin:/sbin

skip() {
    echo "SKIPPED, cluster.sh was not tested on hosts: $*"
    exit 0
}

if [[ ${1-} != --inside ]]; then
    for program in parallel ssh sshd ssh-keygen ip unshare nsenter ffmpeg python3; do
        command -v "$program" >/dev/null || skip "there is no $program"
    done
    cargo build --release --package demo-single
    cargo build --release --package thumbnail-core --example names --example publish
    root=()
    if ((EUID)); then
        root=(sudo -n env "PATH=$PATH")
        "${root[@]}" true 2>/dev/null || skip "it needs root"
    fi
    private=(unshare --mount --net --pid --fork --kill-child --mount-proc)
    "${root[@]}" "${private[@]}" true || skip "namespaces cannot be made here"
    # A shell without job control starts what is in the background with SIGINT ignored, and children inherit that.
    exec "${root[@]}" env --default-signal=INT "${private[@]}" "$PWD/.ci/cluster.sh" --inside "${CARGO_TARGET_DIR:-target}/release" "$@"
fi

# ---- The hosts.

trap 'exit 130' INT TERM # PID 1 of a namespace ignores a signal without a handler
mount -t tmpfs tmpfs /run && mkdir /run/netns /run/sshd /run/programs /run/project
# Mounted here, because they may be in /tmp, which is replaced below.
mount --bind "$2" /run/programs && programs=/run/programs
mount --bind "$PWD" /run/project && cd /run/project
cluster=/run/project/scripts/cluster.sh
mount -t tmpfs tmpfs /tmp # the hosts cannot see what is here
work=/run/test && mkdir "$work"
export HOME=$work # for what GNU parallel keeps there
ssh-keygen -q -t ed25519 -N '' -f "$work/key"
ip link set lo up
ip link add bridge type bridge && ip link set bridge up && ip addr add 10.9.8.1/24 dev bridge

start_sshd() { # number; options of sshd in more lines
    local config=$work/sshd$1
    [[ -e $work/host_key$1 ]] || ssh-keygen -q -t ed25519 -N '' -f "$work/host_key$1"
    printf '%s\n' "ListenAddress 10.9.8.1$1" "HostKey $work/host_key$1" "AuthorizedKeysFile $work/key.pub" \
        'StrictModes no' 'PidFile none' "${@:2}" >"$config"
    # A /tmp of its own, and an empty home, without the startup files of root's shell.
    ip netns exec "host$1" unshare --mount --pid --fork --kill-child --mount-proc sh -c "
        for place in /tmp /var/tmp $(getent passwd root | cut -d : -f 6); do mount -t tmpfs tmpfs \$place || exit; done
        exec $(command -v sshd) -D -e -f $config" \
        </dev/null 2>>"$work/log$1" &
    namespace[$1]=$!
}
declare -A namespace=()

host() { # number; options of sshd
    ip netns add "host$1"
    ip link add "veth$1" type veth peer name eth0 netns "host$1"
    ip link set "veth$1" master bridge && ip link set "veth$1" up
    ip -n "host$1" link set lo up && ip -n "host$1" link set eth0 up
    ip -n "host$1" addr add "10.9.8.1$1/24" dev eth0
    start_sshd "$@"
    printf '%s\n' "Host host$1" "HostName 10.9.8.1$1" >>"$work/config"
    printf '%s %s\n' "10.9.8.1$1" "$(cut -d ' ' -f 1,2 "$work/host_key$1.pub")" >>"$work/known"
}
host 1
host 2
host 3
host 4 'SetEnv FFMPEG=/none'
mkdir "$work/arm" && printf '#!/bin/sh\necho Linux aarch64\n' >"$work/arm/uname" && chmod +x "$work/arm/uname"
host 5 "SetEnv PATH=$work/arm:/usr/bin:/bin"
# No host has the address 10.9.8.19.
printf '%s\n' 'Host down' 'HostName 10.9.8.19' 'Host *' 'User root' "IdentityFile $work/key" \
    "UserKnownHostsFile $work/known" 'StrictHostKeyChecking yes' >>"$work/config"
export CLUSTER_SSH="ssh -F $work/config"
for n in 1 2 3 4 5; do
    for _ in {1..50}; do
        $CLUSTER_SSH "host$n" true 2>/dev/null && break
        sleep 0.1
    done
done

inside() { # number of a host, command in its namespaces
    nsenter --target "$(pgrep -P "${namespace[$1]}")" --mount --pid --net "${@:2}"
}
# Kills all processes of host $1; its /tmp is gone, too.
kill_host() {
    kill -KILL "$(pgrep -P "${namespace[$1]}")"
    wait "${namespace[$1]}" 2>/dev/null || true
}

# ---- What is expected.

wrong() {
    echo "FAILED: $*" >&2
    exit 1
}
lines() { wc -l <"$1"; }
run() { # expected exit code, what cluster.sh is given
    local code=0
    "$cluster" --programs "$programs" "${@:2}" >"$work/stdout" 2>"$work/stderr" || code=$?
    sed 's/^/    /' "$work/stderr" | tail -n 3
    ((code == $1)) || {
        tail -n 200 "$work/stderr"
        wrong "exit code $code instead of $1"
    }
    [[ ! -s $work/stdout ]] || wrong "there is something on stdout"
}
says() { grep -qE -- "$1" "$work/stderr" || wrong "it does not say: $1"; }
same() { # two directories
    diff -r "$1" "$2" || wrong "$2 is not what demo-single makes"
    [[ -n $(find "$2" -type f -print -quit) ]] || wrong "$2 is empty"
}
nothing_left() { # where the thumbnails are
    for n in 1 2 3; do
        [[ -z $(inside "$n" ls -A /var/tmp) ]] || wrong "host$n keeps $(inside "$n" ls -A /var/tmp)"
        if inside "$n" ps -e -o args= | grep -E 'thumbnails-|ffmpeg' | grep -v grep; then
            wrong "something is still running on host$n"
        fi
    done
    [[ -z $(find "$1" -maxdepth 1 -name '.*' ! -path "$1") ]] || wrong "there is something unfinished in $1"
    [[ -z $(find /tmp /var/tmp -maxdepth 1 -name 'thumbnails*') ]] || wrong "there is something left here"
}
wait_for() { # number of videos done, where
    until (($(find "$2" -mindepth 1 -maxdepth 1 ! -name '.*' 2>/dev/null | wc -l) >= $1)); do sleep 0.05; done
}
hosts() { printf '%s\n' "$@" >"$work/hosts"; }
jobs_of() { awk -v host="$1" '$2 == host' "$2.cluster/joblog" | wc -l; }
section() { printf -- '-- %s\n' "$*"; }

videos=/tmp/videos && mkdir "$videos" && cd "$videos"
clip() { # file
    ffmpeg -v error -nostdin -f lavfi -i "testsrc2=size=160x90:rate=10:duration=1,hue=h=${2:-0}" -c:v mpeg4 "file:$1"
}
for n in {01..50}; do clip "clip $n.mp4" "$((10#$n * 7))"; done
single() { "$programs/demo-single" --quiet --delay 0s "$@"; }
single --out /tmp/one clip*.mp4
all=$(find /tmp/one -mindepth 1 -maxdepth 1 | wc -l)
((all == 50)) || wrong "demo-single made $all of 50"
slow=(--delay-kind wait --delay 300ms) # so that there is time to interfere

if [[ ${3-} == --measure ]]; then
    # CPU time of this script and its children, the host's among them, in hundredths of a second.
    cpu() { cat /proc/1/stat "/proc/$(pgrep -P "${namespace[1]}")/stat" | awk '{ sum += $14 + $15 + $16 + $17 } END { print sum }'; }
    least() { # command: sets the milliseconds and the CPU milliseconds of the quickest of three runs
        local started began_cpu
        wall=999999999 work_done=999999999
        for _ in 1 2 3; do
            started=${EPOCHREALTIME/./} began_cpu=$(cpu)
            "$@"
            ((wall = (t = (${EPOCHREALTIME/./} - started) / 1000) < wall ? t : wall))
            ((work_done = (t = ($(cpu) - began_cpu) * 10) < work_done ? t : work_done))
        done
    }
    # One job at a time. The difference between 50 videos and 10 is the cost of 40, without that of start and end.
    hosts 1/host1
    costs() { # name, command
        least "${@:2}" 'clip 0'*.mp4 'clip 10.mp4'
        local ten=$wall ten_cpu=$work_done
        least "${@:2}" clip*.mp4
        echo "$1: a video takes $(((wall - ten) / 40)) ms and $(((work_done - ten_cpu) / 40)) ms of CPU," \
            "a run of 10 videos $ten ms and $ten_cpu ms of CPU"
    }
    costs demo-single "$programs/demo-single" --quiet --delay 0s --out /tmp/here
    costs cluster.sh "$cluster" --programs "$programs" --hosts "$work/hosts" --no-resume --quiet --out /tmp/there
    exit
fi

section "without hosts: this machine alone; with many cores"
run 0 --out /tmp/alone clip*.mp4
same /tmp/one /tmp/alone
hosts 12/:
run 0 --hosts "$work/hosts" --out /tmp/many clip*.mp4
same /tmp/one /tmp/many

section "50 videos on 3 hosts; of 6, one is down, one has no ffmpeg, one another architecture; one dies in mid-run"
hosts '# a comment' 2/host1 2/host2 '' 2/host3 down host4 host5
{ wait_for 18 /tmp/three && kill_host 2; } &
run 0 --hosts "$work/hosts" --out /tmp/three "${slow[@]}" clip*.mp4
wait "$!"
says 'down is left out: it cannot be reached'
says 'host4 is left out: it has no ffmpeg'
says 'host5 is left out: it is Linux-aarch64'
says 'host2 is gone'
same /tmp/one /tmp/three
for n in 1 2 3; do (($(jobs_of "host$n" /tmp/three) >= 3)) || wrong "host$n did next to nothing"; done
start_sshd 2 && sleep 1
nothing_left /tmp/three

section "Ctrl-C leaves nothing, and the same command goes on from there"
hosts 2/host1 2/host2 2/host3
set -m # a job of its own, as the terminal would signal it
"$cluster" --programs "$programs" --hosts "$work/hosts" --out /tmp/again "${slow[@]}" clip*.mp4 2>"$work/stderr" &
wait_for 10 /tmp/again
kill -INT -- "-$!"
code=0
wait "$!" || code=$?
set +m
((code == 130)) || wrong "exit code $code after Ctrl-C"
nothing_left /tmp/again
before=$(find /tmp/again -mindepth 1 -maxdepth 1 | wc -l)
((before < 50)) || wrong "it was too late for Ctrl-C"
run 0 --hosts "$work/hosts" --out /tmp/again "${slow[@]}" clip*.mp4
says "$before of 50 videos are done already"
says "$((50 - before)) videos on"
same /tmp/one /tmp/again
run 0 --hosts "$work/hosts" --out /tmp/again "${slow[@]}" clip*.mp4
says "50 of 50 videos are done already"
touch "clip 07.mp4" && rm -r "/tmp/again/clip 08"
run 0 --hosts "$work/hosts" --out /tmp/again "${slow[@]}" clip*.mp4
says "48 of 50 videos are done already"
cp -p "clip 10.mp4" "$work/kept" && touch -d tomorrow "clip 09.mp4" && echo 'not a video' >"clip 10.mp4"
run 1 --hosts "$work/hosts" --out /tmp/again "${slow[@]}" clip*.mp4
says "49 of 50 videos are done;"
says "clip 10.mp4: failed: "
same /tmp/one /tmp/again
mv "$work/kept" "clip 10.mp4"
run 0 --hosts "$work/hosts" --out /tmp/again --no-resume --frames 1 clip*.mp4
says "50 videos on"
single --frames 1 --out /tmp/one-frame clip*.mp4
same /tmp/one-frame /tmp/again
nothing_left /tmp/again

section "a cable is pulled in mid-run"
{ wait_for 5 /tmp/cable && ip link set veth3 down; } &
run 0 --hosts "$work/hosts" --out /tmp/cable "${slow[@]}" clip*.mp4
wait "$!"
says 'host3 is gone'
says "host3 cannot be reached; /var/tmp/thumbnails-.* is left there"
same /tmp/one /tmp/cable
ip link set veth3 up
kill_host 3
start_sshd 3 && sleep 1

section "all hosts die: nothing waits, and the next start does the rest"
{ wait_for 10 /tmp/none && kill_host 1 && kill_host 2; } &
hosts 2/host1 2/host2
run 1 --hosts "$work/hosts" --out /tmp/none "${slow[@]}" clip*.mp4
wait "$!"
says 'failed: '
start_sshd 1 && start_sshd 2 && sleep 1
run 0 --hosts "$work/hosts" --out /tmp/none "${slow[@]}" clip*.mp4
same /tmp/one /tmp/none
nothing_left /tmp/none
hosts 2/host1 2/host2 2/host3

section "a video that fails is reported, the others are complete"
echo 'not a video' >broken.mp4
mkdir directory.mp4
run 1 --hosts "$work/hosts" --out /tmp/fails clip*.mp4 broken.mp4 missing.mp4 directory.mp4
single --out /tmp/one-fails clip*.mp4 broken.mp4 missing.mp4 directory.mp4 2>"$work/reasons" || true
for name in broken missing directory; do
    says "^$videos/$name.mp4: failed: $(sed -n "s/^$name.mp4: failed: //p" "$work/reasons" | sed 's/[][().*]/./g')\$"
done
says '50 of 53 videos are done'
same /tmp/one /tmp/fails
[[ $(awk '$7 != 0' /tmp/fails.cluster/joblog) == *broken.mp4* ]] || wrong "the job log lacks the failure"
[[ $(head -n 1 /tmp/fails.cluster/joblog) == Seq*Command ]] || wrong "the job log has no heading"
nothing_left /tmp/fails

section "odd names, as arguments, from stdin and on a shared file system; URLs"
mkdir odd odd/sub && cd odd
# shellcheck disable=SC2016 # nothing is to be expanded
odd=('two words.mp4' '-leading dash.mp4' 'a:b.mp4' '50%d.mp4' '%03d.mp4' "it's \"quoted\".mp4" $'new\nline.mp4'
    'back\slash.mp4' '[brackets],{0};&.mp4' 'ünï→漢字.mp4' $'caf\xe9.mp4' '$(touch hello).mp4' '{2}{}.mp4'
    "$(printf 'l%.0s' {1..200}).mp4" '.hidden' '...mp4' 'twin.mp4' 'sub/twin.mkv' 'TWIN.mp4' 'no extension' $'tab\t.mp4' ' .mp4')
n=0
for name in "${odd[@]}"; do
    cp "../clip 0$((n % 9 + 1)).mp4" "./$name"
    n=$((n + 1))
done
clip sub/real.mkv 90 && mv sub/real.mkv sub/twin.mkv
odd+=('two words.mp4' './two words.mp4') # the same file again
python3 -m http.server --bind 10.9.8.1 80 >/dev/null 2>&1 &
server=$!
odd+=('http://10.9.8.1/two%20words.mp4' 'http://me:s3cret@10.9.8.1/..%2ftwin.mp4?token=s3cret' 'http://10.9.8.1/%5Bbrackets%5D,%7B0%7D;&.mp4')
sleep 1
single --out /tmp/one-odd -- "${odd[@]}"
count=$(find /tmp/one-odd -mindepth 1 -maxdepth 1 -printf . | wc -c)
((count == ${#odd[@]})) || wrong "demo-single made $count of ${#odd[@]}"
run 0 --hosts "$work/hosts" --out /tmp/odd -- "${odd[@]}"
same /tmp/one-odd /tmp/odd
! grep -r s3cret "$work/stderr" /tmp/odd.cluster || wrong "it shows what lets one in"
run 0 --hosts "$work/hosts" --out /tmp/odd -- "${odd[@]}"
says "${#odd[@]} of ${#odd[@]} videos are done already"
run 0 --hosts "$work/hosts" --out /tmp/odd-nul < <(printf '%s\0' "${odd[@]}")
same /tmp/one-odd /tmp/odd-nul
cp -r . "$work/shared" && cd "$work/shared" # the hosts see this directory, but not /tmp
run 0 --hosts "$work/hosts" --shared --out /tmp/odd-shared -- "${odd[@]}"
same /tmp/one-odd /tmp/odd-shared
kill "$server"
cd "$videos"
hosts 14/host1 host3 # more jobs than sessions that sshd allows a connection, and as many as cores
run 0 --hosts "$work/hosts" --out /tmp/lines < <(ls -1 clip*)
same /tmp/one /tmp/lines
(($(jobs_of host1 /tmp/lines) >= 3)) || wrong "host1 did next to nothing"
nothing_left /tmp/lines
hosts 2/host1 2/host2 2/host3

section "two names of one machine, and one of this machine"
printf '%s\n' 'Host another-name-of-host1' 'HostName 10.9.8.11' >"$work/names"
cat "$work/config" >>"$work/names" && mv "$work/names" "$work/config"
for start in 1 2 3; do # all are prepared at once
    hosts 2/host1 2/another-name-of-host1 1/: 1/this-machine
    run 0 --hosts "$work/hosts" --no-resume --out "/tmp/twins-$start" clip*.mp4
    same /tmp/one "/tmp/twins-$start"
    nothing_left "/tmp/twins-$start"
done
for name in host1 another-name-of-host1; do
    (($(jobs_of "$name" /tmp/twins-1) >= 3)) || wrong "$name did next to nothing"
done
hosts 2/host1 2/host2 2/host3

section "what stands in the way is left alone"
mkdir -p "/tmp/way/clip 01" && echo mine >"/tmp/way/clip 01/letter"
run 1 --hosts "$work/hosts" --out /tmp/way 'clip 01.mp4' 'clip 02.mp4'
says 'clip 01.mp4: failed: cannot write .*holds other files'
[[ $(<"/tmp/way/clip 01/letter") == mine && -d "/tmp/way/clip 02/0" ]] || wrong "it touched what is not its own"
nothing_left /tmp/way

section "wrong usage"
for options in '--frames 0' '--no-such-option' '--json x' '--hosts /none' '--out'; do
    # shellcheck disable=SC2086 # an option and its value
    run 2 "clip 01.mp4" $options
done
for line in host1:22 user@host1:2222 2/host1/.. host1/.. -oProxyCommand=x; do
    hosts "$line"
    run 2 --hosts "$work/hosts" --out /tmp/unusable 'clip 01.mp4'
    says "$line"
done
hosts host4 down
run 1 --hosts "$work/hosts" --out /tmp/unusable 'clip 01.mp4'
says 'there is no host that can be used'

echo "cluster.sh did on 3 hosts what demo-single does on one."
