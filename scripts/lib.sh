# What scripts/quickstart and scripts/test share. Sourced, not run.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# What a build needs, and what sanitizers and fuzzing need beside it. All from Debian 12.
build_packages=(clang-19 g++ cmake ninja-build ccache mold libboost1.81-dev libcrypt-dev libcurl4-openssl-dev libgmock-dev libgtest-dev libnghttp2-dev libqrcodegen-dev librocksdb-dev libssl-dev python3-venv zlib1g-dev)
clang_packages=(libclang-rt-19-dev llvm-19)  # sanitizers and fuzzing, and counting what a server does

if [ -t 1 ]; then bold=$'\e[1m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'; else bold='' green='' red='' plain=''; fi

say() { printf '%s==> %s%s\n' "$bold" "$*" "$plain"; }
ok() { printf '  %s✓%s %s\n' "$green" "$plain" "$*"; }
bad() { printf '  %s✗ %s%s\n' "$red" "$*" "$plain"; }
die() {
  printf '%serror:%s %s\n' "$red" "$plain" "$1" >&2
  shift
  [ $# -eq 0 ] || printf '       %s\n' "$@" >&2
  exit 1
}

# install_packages NAME...: those that are missing, with apt-get, as root or through sudo.
install_packages() {
  local missing=() name
  command -v dpkg-query >/dev/null || die "this script installs its packages with apt-get, which is not here" "install by hand what corresponds to: $*"
  for name in "$@"; do
    [ "$(dpkg-query -W -f '${Status}' "$name" 2>/dev/null)" = 'install ok installed' ] || missing+=("$name")
  done
  if [ ${#missing[@]} -eq 0 ]; then
    ok "all packages are there"
    return
  fi
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "packages are missing, and neither root nor sudo is here to install them" "apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  echo "  installing: ${missing[*]}"
  local log
  log=$(mktemp)
  {
    "${as_root[@]}" apt-get -qq -o DPkg::Lock::Timeout=300 update &&
      "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=300 --no-install-recommends install "${missing[@]}"
  } >"$log" 2>&1 </dev/null || {
    tail -n 20 "$log" >&2
    die "apt-get could not install the packages above; the whole log is in $log"
  }
  rm -f "$log"
  ok "installed ${#missing[@]} packages and what they need"
}

# Compiler caches live below HOME, which may be missing where a machine builds.
prepare_environment() {
  if [ -z "${HOME:-}" ] || [ ! -w "${HOME:-}" ]; then export CCACHE_DIR="${CCACHE_DIR:-$root/build/ccache}"; fi
  export LC_ALL=C.UTF-8
  unset VAULT_ADDR VAULT_TOKEN VAULT_NAMESPACE VAULT_CACERT VAULT_SKIP_VERIFY VAULT_FORMAT BAO_ADDR BAO_TOKEN BAO_NAMESPACE BAO_CACERT \
    BAO_SKIP_VERIFY BAO_FORMAT STRONGROOM_ADDR STRONGROOM_TOKEN STRONGROOM_NAMESPACE STRONGROOM_CACERT STRONGROOM_SKIP_VERIFY STRONGROOM_FORMAT
}

# build PRESET [TARGET...], with AWS-LC if it can be had: PyPI may be out of reach.
build() {
  local preset=$1 began=$SECONDS
  shift
  "$root/scripts/aws_lc" || bad "going on without AWS-LC: OpenSSL signs on elliptic curves, at half the speed"
  (cd "$root" && cmake --preset "$preset" >"/tmp/strongroom-configure.$preset.$$" 2>&1) || {
    cat "/tmp/strongroom-configure.$preset.$$" >&2
    rm -f "/tmp/strongroom-configure.$preset.$$"
    die "cmake --preset $preset failed, as said above"
  }
  rm -f "/tmp/strongroom-configure.$preset.$$"
  NINJA_STATUS='  [%f/%t, %es] ' ninja -C "$root/build/$preset" "$@" </dev/null || die "the build of preset $preset failed, as said above"
  ok "built preset $preset in $((SECONDS - began)) s"
}

# port_in_use PORT, on the loopback.
port_in_use() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# wait_until SECONDS COMMAND...: as soon as it succeeds.
wait_until() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.1
  done
}

# stop_process PID: asks it to end, and waits until it has.
stop_process() {
  kill -TERM "$1" 2>/dev/null || return 0
  local i
  for ((i = 0; i < 200; ++i)); do
    kill -0 "$1" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -KILL "$1" 2>/dev/null || true
}
