#!/usr/bin/env bash
# Checks the dependencies: each has one of the allowed licences, comes from the public registry, and has its reason
# in Cargo.toml.
set -euo pipefail
CDPATH='' cd -- "$(dirname "${BASH_SOURCE[0]}")/.."

# Each of these may stand alone. "A OR B" needs one of them, "A AND B" both.
allowed="MIT MIT-0 Apache-2.0 BSD-2-Clause BSD-3-Clause ISC Zlib Unicode-3.0 Unlicense MPL-2.0 0BSD CC0-1.0 BSL-1.0 CDLA-Permissive-2.0"

accepted() { # licence expression: is it allowed?
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

# For every target, so cargo may have to fetch packages that no build on this machine has needed.
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

# Each package in the demos either parses untrusted bytes, and then `parsers` says why that is acceptable, or it is
# one of `others`. The parsers are safe Rust or have little unsafe code, and their input is bounded in size.
parsers='
mp4parse: the index of an MP4, at most 32 MB of it. Written for Firefox, which gives it every MP4 of the web; fuzzed there, and here by .ci/fuzz.sh.
bitreader byteorder fallible_collections: for mp4parse; the first also for the slices of H.264. Firefox has them, too; the last is what makes a size that a file claims an error instead of an abort.
image png image-webp zune-jpeg zune-core fdeflate miniz_oxide flate2 byteorder-lite: the first bytes of a picture in an earlier result, up to its width. They encode our own pixels otherwise. The decoders of image-rs are safe Rust and fuzzed (OSS-Fuzz).
moxcms pxfm: colour profiles, for image; no picture is decoded here, so they are not reached.
zip typed-path: the archive of a fetched ffmpeg, after its checksum was compared; without a pinned one only what https brought from the address that the user named.
serde serde_core serde_json itoa zmij: the answers of worker processes (fuzzed by .ci/fuzz.sh), and a report that is to be replaced. serde_json bounds the depth.
url form_urlencoded percent-encoding idna idna_adapter utf8_iter: addresses that the user names. Firefox and Servo give them those of the web.
icu_normalizer icu_normalizer_data icu_properties icu_properties_data icu_provider icu_collections icu_locale_core: characters of names and hosts; for url, too. The tables of Unicode, by the Unicode consortium.
console unicode-width utf8parse anstyle-parse: names and messages that are shown, for their width; what steers a terminal is replaced before.
memchr crc32fast simd-adler32 hmac-sha256: bytes as bytes. Nothing in them steers the code.
'
# These see no untrusted bytes: the command line, threads, clocks, files, signals, macros, code for other systems.
others='
adler2 ahash anstream anstyle anstyle-query anstyle-wincon anyhow area-average bitflags block2 bytemuck bytes cfg-if clap
clap_builder clap_derive clap_lex colorchoice cpu-time crossbeam crossbeam-channel crossbeam-deque crossbeam-epoch
crossbeam-queue crossbeam-utils ctrlc demo-async demo-process demo-single demo-threads dirs dirs-sys dispatch2 displaydoc
document-features encode_unicode equivalent errno fast_image_resize fastrand ffmpeg-sidecar getrandom glob hashbrown heck
humantime indexmap indicatif is_terminal_polyfill libc libredox linux-raw-sys litemap litrs log mio nix
noto-sans-mono-bitmap num-traits objc2 objc2-encode once_cell once_cell_polyfill option-ext pin-project-lite
portable-atomic potential_utf proc-macro2 quick-error quote r-efi redox_users rustix serde_derive shared_child signal-hook
signal-hook-registry smallvec stable_deref_trait static_assertions strsim syn synstructure tempfile terminal_size
thiserror thiserror-impl thumbnail-core tinystr tokio tokio-macros unicode-ident unit-prefix utf_types wasi which win32job
windows windows-collections windows-core windows-future windows-implement windows-interface windows-link windows-numerics
windows-result windows-strings windows-sys windows-targets windows-threading writeable yoke yoke-derive zerocopy zerofrom
zerocopy-derive zerofrom-derive zerotrie zerovec zerovec-derive winapi winapi-i686-pc-windows-gnu winapi-x86_64-pc-windows-gnu
'
known=" $(cut -d : -f 1 <<<"$parsers" | tr '\n' ' ') $(tr '\n' ' ' <<<"$others") "
demos=(--package demo-single --package demo-threads --package demo-process --package demo-async)
while read -r name; do
    if [[ $known != *" $name "* ]]; then
        echo "$name is new in the demos: $0 does not say whether it parses untrusted bytes" >&2
        wrong=1
    fi
done < <(cargo tree "${demos[@]}" --target all --edges normal --prefix none --format '{p}' | cut -d ' ' -f 1 | grep . | sort -u)

# After a build of the workspace, a build of one demo must compile nothing again: its packages need the same features.
features() { cargo tree "$@" --edges normal,build --prefix none --format '{p} {f}' | sed 's/ (\*)$//' | sort -u; }
for demo in demo-{single,threads,process,async}; do
    if differs=$(comm -23 <(features --package "$demo") <(features --workspace) | grep .); then
        echo "$demo would be built with other features than the workspace: $differs" >&2
        wrong=1
    fi
done

# cargo audit downloads the list of known vulnerabilities.
if cargo audit --version >/dev/null 2>&1; then
    cargo audit
fi
[[ $wrong == 0 ]] && echo "$(grep -c '^source = ' Cargo.lock) packages, all with a licence on the list."
exit "$wrong"
