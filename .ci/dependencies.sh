#!/usr/bin/env bash
# What the programs are made of: only licences that allow any use, only the public registry, and no
# package that this workspace does not say why it needs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Each of these may stand alone. "A OR B" needs one of them, "A AND B" both.
allowed="MIT MIT-0 Apache-2.0 BSD-2-Clause BSD-3-Clause ISC Zlib Unicode-3.0 Unlicense MPL-2.0 0BSD CC0-1.0 BSL-1.0 CDLA-Permissive-2.0"

accepted() { # licence expression: is it, by what is allowed?
    local terms=${1//[()]/ } any all term
    terms=${terms//\// OR }
    terms=${terms// OR /$'\n'}
    while read -r any; do
        all=yes
        for term in ${any// AND / }; do
            # An exception only allows more.
            [[ $term == WITH || $term == LLVM-exception ]] && continue
            [[ " $allowed " == *" $term "* ]] || all=no
        done
        [[ $all == yes ]] && return
    done <<<"$terms"
    return 1
}

# For every system, so packages that none of the builds here needed may have to be fetched first.
tree=$(cargo tree --workspace --target all --edges normal,build,dev --prefix none --format $'{p}\t{l}')

wrong=0
while IFS=$'\t' read -r package licence; do
    if ! accepted "$licence"; then
        echo "$package: its licence \"$licence\" is not on the list in $0" >&2
        wrong=1
    fi
done < <(sed -E $'s/^([^ ]+ [^ \t]+)[^\t]*/\\1/; s/ \\(\\*\\)$//' <<<"$tree" | sort -u)

if elsewhere=$(grep '^source = ' Cargo.lock | grep -v '^source = "registry+'); then
    echo "not from the registry: $elsewhere" >&2
    wrong=1
fi

# "# name: why." stands above each line of the list.
while read -r name; do
    if ! grep -q "^# $name: " Cargo.toml; then
        echo "$name: Cargo.toml does not say what it is for" >&2
        wrong=1
    fi
done < <(sed -n '/^\[workspace.dependencies\]/,/^\[workspace.lints/p' Cargo.toml |
    sed -nE '/path = /d; s/^([a-z0-9_-]+) = .*/\1/p')

# Building one program after all of them is to build nothing again: packages have the same features in both.
features() { cargo tree "$@" --edges normal,build --prefix none --format '{p} {f}' | sed 's/ (\*)$//' | sort -u; }
for demo in demo-{single,threads,process,async}; do
    if differs=$(comm -23 <(features --package "$demo") <(features --workspace) | grep .); then
        echo "$demo would be built with other features than the workspace: $differs" >&2
        wrong=1
    fi
done

# Known vulnerabilities need the list of them, which is on the network.
if cargo audit --version >/dev/null 2>&1; then
    cargo audit
fi
[[ $wrong == 0 ]] && echo "$(grep -c '^source = ' Cargo.lock) packages, all with a licence on the list."
exit "$wrong"
