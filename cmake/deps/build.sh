#!/usr/bin/env bash
# Builds APR and CUnit (static) from the distribution's source packages, unmodified, for what the packages
# themselves do not serve:
#
#   cmake/deps/build.sh mingw    for Windows: x86_64-w64-mingw32
#   cmake/deps/build.sh musl     for Linux with musl
#
# The result is cached by the packages' versions below ${XDG_CACHE_HOME:-~/.cache}/byname; the last line printed
# is its prefix, for BYNAME_MINGW_DEPS or BYNAME_MUSL_DEPS. Needs apt with sources (Debian, Ubuntu), cmake, ninja,
# gcc, dpkg-dev, and gcc-mingw-w64-x86-64 or make and musl-tools. apt's own configuration and lists stay as they are.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
case ${1-} in
mingw)
    toolchain=$here/../mingw-w64-x86_64.cmake
    compiler=gcc-$(x86_64-w64-mingw32-gcc -dumpversion)
    ;;
musl)
    toolchain=$here/../musl.cmake
    compiler=musl-$(dpkg-query -W -f '${Version}' musl-dev | tr ':~+' '___')-gcc-$(gcc -dumpversion)
    ;;
*)
    echo "usage: cmake/deps/build.sh mingw|musl" >&2
    exit 2
    ;;
esac
recipe=$(cat "$here"/*.* "$here"/cunit/CMakeLists.txt "$toolchain" | cksum | cut -d' ' -f1)
source_version() { dpkg-query -W -f '${source:Version}' "$1" | tr ':~+' '___'; }
key=apr-$(source_version libapr1-dev)-cunit-$(source_version libcunit1-dev)-$compiler-$recipe
prefix=${XDG_CACHE_HOME:-$HOME/.cache}/byname/$1/$key

if [ -e "$prefix/complete" ]; then
    echo "$prefix"
    exit
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
log=$work/log
fail() {
    tail -n 40 "$log" >&2
    echo "building APR and CUnit failed: $1" >&2
    exit 1
}

# apt with the machine's own distribution sources, as source lists, and lists in the work folder.
mkdir -p "$work/sources" "$work/lists/partial" "$work/src" "$work/cache" "$work/prefix/lib" "$work/prefix/include/apr-1"
distribution=$(. /etc/os-release && echo "$ID")
lists=$(apt-get indextargets --format '$(ORIGIN) $(SOURCESENTRY)' 'Created-By: Packages')
# Whose a list is, apt knows only after an update; before one, all are taken.
echo "$lists" | grep -qi "^$distribution " || lists=$(echo "$lists" | sed "s/^ */$distribution /")
echo "$lists" | sed -n "s/^$distribution \(.*\):[0-9]*\$/\1/Ip" | sort -u |
    while read -r list; do
        sed -E 's/^Types:.*/Types: deb-src/; s/^deb[[:space:]]/deb-src /' "$list" \
            >"$work/sources/$(basename "$list")"
    done
apt=(apt-get -q -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$work/sources"
     -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=root)
"${apt[@]}" update >"$log" 2>&1 || true    # what matters is whether the next line finds the sources
(cd "$work/src" && "${apt[@]}" source apr cunit) >>"$log" 2>&1 || fail "the sources cannot be fetched"
apr=$(echo "$work"/src/apr-1.*/)
cunit=$(echo "$work"/src/cunit-*/)

configure() { cmake -G Ninja -Wno-dev -DCMAKE_BUILD_TYPE=Release -DCMAKE_TOOLCHAIN_FILE="$toolchain" "$@"; }

# APR's CMakeLists.txt is for Windows alone.
apr_for_mingw() {
    cc -O1 -I"$apr/include" -I"$apr/include/private" -o "$work/gen_test_char" "$apr/tools/gen_test_char.c" &&
    # gcc 14 makes an error of what APR does with two pointer types; only apr-1 is needed, the DLL is not.
    configure -S "$apr" -B "$work/apr" -DMIN_WINDOWS_VER=Windows7 \
        -DCMAKE_PROJECT_APR_INCLUDE="$here/apr-hook.cmake" -DHOST_GEN_TEST_CHAR="$work/gen_test_char" \
        "-DCMAKE_C_FLAGS=-w -Wno-error=incompatible-pointer-types -include $here/apr-prefix.h" &&
    cmake --build "$work/apr" --target apr-1 -j2 &&
    cp "$work/apr/libapr-1.a" "$work/prefix/lib/" &&
    cp "$apr"/include/*.h "$work/apr/apr.h" "$work/prefix/include/apr-1/"
}

apr_for_musl() {
    mkdir "$work/apr" && cd "$work/apr" &&
    "$apr/configure" CC=musl-gcc CFLAGS="-O2 -w -idirafter /usr/include/$(gcc -print-multiarch) -idirafter /usr/include" \
        --disable-shared --enable-static --disable-dso &&
    make -j2 libapr-1.la &&
    cp .libs/libapr-1.a "$work/prefix/lib/" &&
    cp "$apr"/include/*.h include/apr.h "$work/prefix/include/apr-1/"
}

("apr_for_$1") >>"$log" 2>&1 || fail "APR"
{
    configure -S "$here/cunit" -B "$work/cunit" -DCUNIT_SOURCE="$cunit" -DCMAKE_C_FLAGS=-w \
        -DCMAKE_INSTALL_PREFIX="$work/prefix" &&
    cmake --build "$work/cunit" --target install -j2
} >>"$log" 2>&1 || fail "CUnit"

# Filled aside and renamed: a broken-off build leaves nothing that looks complete.
mkdir -p "$(dirname "$prefix")"
touch "$work/prefix/complete"
rm -rf "$prefix.$$"
cp -R "$work/prefix" "$prefix.$$"
rm -rf "$prefix"
mv "$prefix.$$" "$prefix"
echo "$prefix"
